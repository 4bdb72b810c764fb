/** ntfy topics among the push services. */
import { z } from "zod";
import { wordsOf } from "../alert.ts";
import { url, words } from "../app-fields.ts";
import { AppsError, defineService } from "../definition.ts";
import { createNtfy } from "./ntfy.ts";

declare module "../../types.ts" {
	interface AppSettings {
		ntfy: {
			/** Its origin. */
			server?: string | undefined;
			accessToken?: string | undefined;
			click?: string | undefined;
			tags?: readonly string[] | undefined;
		};
	}
}

/** So short that they always leave room for a text. */
const CLICK = /^[a-z][a-z0-9+.-]*:[\x21-\x7e]{1,500}$/i;
const TAG = /^[\w+-]{1,40}$/;
const TAGS = "must be a list of up to 5 names of emojis or words, in brackets";

export const ntfy = defineService({
	name: "ntfy",
	label: "ntfy",
	turnedOnBy: 'an [[app]] with service = "ntfy" in reveille.toml',
	provider: "ntfy",
	fields: {
		server: url,
		access_token: words.regex(/^[\x21-\x7e]{1,200}$/, "must be up to 200 characters without blanks"),
		click: words.regex(CLICK, "must be a URI of up to 500 characters"),
		tags: z.array(z.string({ error: TAGS }).regex(TAG, TAGS), { error: TAGS }).max(5, TAGS),
	},
	settingsOf({ server, access_token: accessToken, click, tags }) {
		const at = server === undefined ? undefined : new URL(server);
		if (at && at.href !== `${at.origin}/`)
			throw new AppsError(["{server} must be an address alone, as in https://ntfy.example, without a path."]);
		return { server: at?.origin, accessToken, click, tags };
	},
	contradictions: ({ server, access_token }) => [
		[
			server === undefined && access_token !== undefined,
			"{access_token} goes with {server}, which is missing: it is shown to that server alone.",
		],
	],
	alertUnused: (_table, given) =>
		given === "alert_key" ? "alert_key has no effect: no app translates it. Give alert." : undefined,
	calledBy: { ntfy: { listed: true, isOurs: true } },
	form: { title: "Register an ntfy topic", token: "The topic's URL" },
	makerWith({ fetch, guardedFetch, policy, now }) {
		return ({ server, accessToken, click, tags, alert }) =>
			createNtfy({
				server,
				accessToken,
				click,
				tags,
				text: wordsOf(alert),
				policy,
				fetch,
				guardedFetch,
				now,
			});
	},
});
