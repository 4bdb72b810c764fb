/** Invites, for the console and for the command `invite`. */
import { Hono } from "hono";
import { encode } from "uqr";
import { z } from "zod";
import { registrationBounds } from "../../../limits/bounds/registrations.ts";
import { linkOf, newInvite, stateOf } from "../../../registering/make-invite.ts";
import type { Invite } from "../../../store/invites.ts";
import { shownCode } from "../../../syntax/invite-secret.ts";
import { inviteeOf } from "../../../syntax/invitee.ts";
import { present } from "../../../syntax/present-fields.ts";
import type { InviteView, MadeInvite } from "../../../web/console/wire.ts";
import { label } from "../../api/validation.ts";
import type { AppDeps, OperatorDeps } from "../../deps.ts";
import { Problem } from "../../problem.ts";
import { WEB_APP_PATH } from "../../web-app.ts";
import type { Actions } from "./actions.ts";
import { bodyOf, given, typed } from "./fields.ts";
import type { ConsoleEnv } from "./guards.ts";

const count = (most: number) =>
	z.number().int("must be a whole number").min(1, "must be at least 1").max(most, `must be at most ${most}`);

const NEW_INVITE = {
	name: z.union([z.literal(""), label(registrationBounds.inviteName.is)]).optional(),
	onlyFor: typed.optional(),
	uses: count(registrationBounds.inviteUses.is),
	days: count(registrationBounds.inviteDays.is),
};

/** The sub-app, to be mounted at /admin/api/invites. */
export function inviteRoutes(
	{ webApp, now = Date.now, random }: Pick<AppDeps, "webApp" | "now" | "random">,
	own: Pick<OperatorDeps, "invites" | "publicUrl">,
	actions: Pick<Actions, "done">,
) {
	const app = new Hono<ConsoleEnv>();
	const { invites } = own;

	const view = (invite: Invite): InviteView => {
		const { id, name, onlyFor, uses, used, madeAt, endsAt, revokedAt } = invite;
		return {
			id,
			...present({ name, onlyFor }),
			uses,
			used,
			madeAt,
			endsAt,
			...present({ revokedAt }),
			state: stateOf(invite, now()),
		};
	};

	app.get("/", async (c) => c.json((await invites.list()).map(view)));

	app.post("/", async (c) => {
		const { name, onlyFor: who, uses, days } = await bodyOf(c, NEW_INVITE);
		const onlyFor = who === undefined || who === "" ? undefined : inviteeOf(who);
		if (who && onlyFor === undefined) throw notFor();
		const made = newInvite(
			{ uses, days, ...present({ name: name || undefined, onlyFor }) },
			{ now: now(), ...present({ random }) },
		);
		if (!(await invites.make(made.invite, made.secrets))) throw full();
		const link = webApp ? linkOf(pageOf(own.publicUrl ?? c.req.url), made.secrets) : "";
		const answer: MadeInvite = {
			invite: view({ ...made.invite, used: 0, madeAt: now() }),
			link,
			code: shownCode(made.secrets.code),
			qr: link === "" ? [] : encode(link).data,
		};
		await actions.done(`Made the invite ${made.invite.id}`, { owner: onlyFor });
		return c.json(answer, 201);
	});

	app.post("/revoke", async (c) => {
		const { id } = await bodyOf(c, { id: given });
		if (!(await invites.revoke(id))) {
			throw new Problem("no-such-page", "There is no such invite, or it was revoked already.");
		}
		// An id that there is: nothing that somebody typed.
		await actions.done(`Revoked the invite ${id}`);
		return c.body(null, 204);
	});

	return app;
}

/** The web app's own address. */
const pageOf = (url: string) => new URL(WEB_APP_PATH, url).href;

function notFor(): Problem {
	const message = "must be an account such as romeo@example.net, or a domain";
	return new Problem("invalid-fields", `onlyFor: ${message}`, { errors: [{ path: "onlyFor", message }] });
}

const full = () =>
	new Problem(
		"over-quota",
		`There are ${registrationBounds.invites.is} invites that have not ended. Those that end make room by themselves.`,
	);
