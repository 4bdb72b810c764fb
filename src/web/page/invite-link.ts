/** The link of an invite: its secret is behind the `#`, which browsers send to nobody. */

import { hashOf } from "./routes.ts";

/**
 * Takes the secret out of the address bar, which whoever looks over a shoulder reads, and leads to the sign-in.
 * @returns what stood there, which may be anything; undefined: it is no such link
 */
export function takeInvite(address: { hash(): string; replace(hash: string): void }): string | undefined {
	const invite = /^#invite=(.+)$/.exec(address.hash())?.[1];
	if (invite !== undefined) address.replace(hashOf({ at: "set-up", step: "sign-in" }));
	return invite;
}

/** What a person pasted in place of a code may be the link. */
export const inviteIn = (typed: string): string => /#invite=(\S+)/.exec(typed)?.[1] ?? typed.trim();
