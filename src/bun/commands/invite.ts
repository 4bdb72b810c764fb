/** `invite`: makes, lists and revokes invites, which let people register. */
import { buildCommand, buildRouteMap } from "@stricli/core";
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { inviteeOf } from "../../syntax/invitee.ts";
import { present } from "../../syntax/present-fields.ts";
import type { InviteView, MadeInvite, NewInvite } from "../../web/console/wire.ts";
import { PROGRAM } from "../program.ts";
import { StartError } from "../start-error.ts";
import { countUpTo, type Environment, JSON_FLAG, type Typed, table } from "./command.ts";
import { OperatorRefused } from "./operator/ask.ts";
import { withDesk } from "./operator/desk.ts";
import { invitesBegin } from "./operator/proposals.ts";
import { print, printJson } from "./output.ts";

const MOST_DAYS = registrationBounds.inviteDays.is;
const MOST_USES = registrationBounds.inviteUses.is;
const LONGEST_NAME = registrationBounds.inviteName.is;

/** As it is printed. */
interface Made extends Pick<InviteView, "id" | "name" | "onlyFor" | "uses"> {
	/** Missing: there is no web app. */
	link?: string;
	code: string;
	/** ISO 8601. */
	endsAt: string;
}

interface Options {
	for?: string;
	uses: number;
	days: number;
	name?: string;
	json: boolean;
}

const makeCommand = buildCommand<Options, [], Typed>({
	docs: {
		brief: "Makes an invite; this is what invite alone does",
		fullDescription:
			"An invite lets people register whom XMPP_ALLOW does not let in, and over HTTP those who have no registration token. It is printed once, as a link, a QR code of the link, and a code to type: only hashes are stored. All processes of the same database take it at once. The settings are those that Reveille runs with.",
	},
	parameters: {
		flags: {
			for: {
				kind: "parsed",
				parse: whoOf,
				optional: true,
				placeholder: "JID|DOMAIN",
				brief:
					"Only this account (romeo@example.net), or accounts of this domain (example.net), and over XMPP alone",
			},
			uses: {
				kind: "parsed",
				parse: countUpTo(MOST_USES),
				default: "1",
				placeholder: "N",
				brief: `How many devices it lets in; at most ${MOST_USES}`,
			},
			days: {
				kind: "parsed",
				parse: countUpTo(MOST_DAYS),
				default: "7",
				placeholder: "N",
				brief: `How long it is good for; at most ${MOST_DAYS}`,
			},
			name: {
				kind: "parsed",
				parse: nameOf,
				optional: true,
				placeholder: "TEXT",
				brief: "What you call it: its devices' owners see the name",
			},
			...JSON_FLAG,
		},
	},
	func(options) {
		return make(options, this.env);
	},
});

const listCommand = buildCommand<{ json: boolean }, [], Typed>({
	docs: { brief: "Shows all invites: what they are for, how often they were used, when they end" },
	parameters: { flags: JSON_FLAG },
	func({ json }) {
		return list(this.env, json);
	},
});

const revokeCommand = buildCommand<{ json: boolean }, [id: string], Typed>({
	docs: { brief: "Ends an invite. Devices that it let in stay: end those one by one" },
	parameters: {
		flags: JSON_FLAG,
		positional: {
			kind: "tuple",
			parameters: [
				{
					brief: "As the list has it",
					placeholder: "ID",
					parse: String,
					proposeCompletions(this: Typed, begun: string) {
						return invitesBegin(this.env, begun);
					},
				},
			],
		},
	},
	func({ json }, id) {
		return revoke(id, this.env, json);
	},
});

export const inviteCommands = buildRouteMap({
	routes: { make: makeCommand, list: listCommand, revoke: revokeCommand },
	defaultCommand: "make",
	docs: { brief: "Makes an invite, with which somebody may register; lists and revokes them" },
});

async function make({ uses, days, name, for: onlyFor, json }: Options, env: Environment): Promise<void> {
	const wanted: NewInvite = { uses, days, ...present({ name, onlyFor }) };
	const { invite, link, code } = await withDesk(env, (desk) =>
		desk.post<MadeInvite>("/invites", wanted).catch((error: unknown) => {
			if (!(error instanceof OperatorRefused) || error.status !== 429) throw error;
			throw new StartError("invites-full", `${error.message} "${PROGRAM} invite list" shows them.`);
		}),
	);
	const made: Made = {
		id: invite.id,
		uses: invite.uses,
		endsAt: new Date(invite.endsAt).toISOString(),
		...present({ name: invite.name, onlyFor: invite.onlyFor, link: link || undefined }),
		code,
	};
	if (json) printJson(made);
	else print(await told(made));
	// Beside the output, which a script may read.
	if (isOfThisMachine(link)) process.stderr.write(`${LOCAL}\n`);
}

const LOCAL = "This link works on this machine alone: set PUBLIC_URL. The code works anywhere.";

/** Whether it leads to the loopback of whoever opens it. */
const isOfThisMachine = (link: string) =>
	link !== "" && /^(127(\.\d+){3}|(.*\.)?localhost|\[::1\])$/.test(new URL(link).hostname);

/** What is printed of an invite that was made just now. */
export async function told({ id, name, onlyFor, uses, link, code, endsAt }: Made): Promise<string> {
	const { renderUnicodeCompact } = await import("uqr");
	const called = name === undefined ? id : `${id} (${name})`;
	const devices = uses === 1 ? "one device" : `${uses} devices`;
	return [
		`Invite ${called}: lets in ${devices}${onlyFor === undefined ? "" : ` of ${onlyFor}`} until ${day(endsAt)}.`,
		"It is not shown again.",
		"",
		...(link === undefined
			? ["The web app is off, so that there is no link: clients take the code as field “invite”.", ""]
			: // A phone that reads the code would look at itself.
				[link, "", ...(isOfThisMachine(link) ? [] : [renderUnicodeCompact(link), ""])]),
		`Code: ${code}`,
		...(link === undefined
			? []
			: ["On an iPhone type the code: the link is lost when the page goes to the home screen."]),
	].join("\n");
}

async function list(env: Environment, json: boolean): Promise<void> {
	const all = await withDesk(env, (desk) => desk.get<InviteView[]>("/invites"));
	if (json) return printJson(all.map(asJson));
	if (all.length === 0) return print(`There is no invite. "${PROGRAM} invite" makes one.`);
	print(
		table([
			["ID", "STATE", "USED", "ENDS", "FOR", "NAME"],
			...all.map(({ id, state, used, uses, endsAt, onlyFor = "anybody", name = "" }) => [
				id,
				state,
				`${used} of ${uses}`,
				day(new Date(endsAt).toISOString()),
				onlyFor,
				name,
			]),
		]),
	);
}

async function revoke(id: string, env: Environment, json: boolean): Promise<void> {
	await withDesk(env, (desk) =>
		desk.post("/invites/revoke", { id }).catch((error: unknown) => {
			if (!(error instanceof OperatorRefused) || ![404, 422].includes(error.status)) throw error;
			throw new StartError(
				"invite-unknown",
				`No invite ${JSON.stringify(id)} can be revoked: there is none, or it was revoked already. "${PROGRAM} invite list" shows them with their ids.`,
			);
		}),
	);
	if (json) return printJson({ id, state: "revoked" });
	print(`The invite ${id} is revoked. Devices that it let in stay.`);
}

function asJson({ madeAt, endsAt, revokedAt, ...invite }: InviteView) {
	const iso = (at: number) => new Date(at).toISOString();
	return {
		...invite,
		madeAt: iso(madeAt),
		endsAt: iso(endsAt),
		...(revokedAt !== undefined && { revokedAt: iso(revokedAt) }),
	};
}

/** @param time ISO 8601 */
const day = (time: string) => `${time.slice(0, 16).replace("T", " ")} UTC`;

/** Empty: it has none. @throws {Error} with the rest of a sentence about the option */
function nameOf(name: string): string {
	const text = name.trim();
	if (text.length <= LONGEST_NAME && !/\p{Cc}/u.test(text)) return text;
	throw new Error(`may have ${LONGEST_NAME} characters and no line breaks`);
}

/** @throws {Error} with the rest of a sentence about the option */
function whoOf(who: string): string {
	const invitee = inviteeOf(who);
	if (invitee !== undefined) return invitee;
	throw new Error(`must be an account such as romeo@example.net, or a domain, and is ${JSON.stringify(who)}`);
}
