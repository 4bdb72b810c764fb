/** Making invites: for the command, and for the console. */
import * as base64url from "jose/base64url";
import type { Invite } from "../store/invites.ts";
import { codeOf } from "../syntax/invite-secret.ts";

/** An invite that is not stored yet, and its secrets, which nobody can have again. */
export interface NewInvite {
	invite: Pick<Invite, "id" | "uses" | "endsAt" | "name" | "onlyFor">;
	secrets: { link: string; code: string };
}

const DAY_MS = 86_400_000;

/** @param wanted.days how long it is good for; what each may be is checked before */
export function newInvite(
	{ days, ...wanted }: Pick<Invite, "uses" | "name" | "onlyFor"> & { days: number },
	{
		now,
		random = (bytes) => crypto.getRandomValues(bytes),
	}: { now: number; random?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array },
): NewInvite {
	return {
		invite: { ...wanted, id: crypto.randomUUID().slice(0, 8), endsAt: now + days * DAY_MS },
		secrets: {
			link: base64url.encode(random(new Uint8Array(16))),
			code: codeOf(random(new Uint8Array(12))),
		},
	};
}

/** The address of the web app that an invite's link opens. @param page of the web app, with a slash at its end */
export const linkOf = (page: string, { link }: NewInvite["secrets"]): string => `${page}#invite=${link}`;

export type InviteState = "good" | "revoked" | "ended" | "used up";

/** @param now ms since the epoch */
export function stateOf(
	{ revokedAt, endsAt, used, uses }: Pick<Invite, "revokedAt" | "endsAt" | "used" | "uses">,
	now: number,
): InviteState {
	if (revokedAt !== undefined) return "revoked";
	if (endsAt <= now) return "ended";
	return used >= uses ? "used up" : "good";
}
