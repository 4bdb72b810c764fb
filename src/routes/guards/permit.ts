/** What a JWT lets its bearer do. */
import type { OwnUsers } from "../../registering/own-users.ts";
import { Problem } from "../problem.ts";

/** What its bearer may do. */
export interface Permit {
	/** It has none: the invite in the body has to let it in. */
	byInvite?: true;
	/** The apps that devices may be registered for; missing: all. */
	apps?: readonly string[];
	/** Its claim `jid`, unchecked: whose server may be told (XMPP_ENABLE_FOR). No other claim says so. */
	jid?: unknown;
}

/** Throws unless the bearer may register devices for this app. */
export function requirePermitted({ apps }: Permit, app: string): void {
	if (apps && !apps.includes(app)) throw refused(`Its claim app does not allow the app ${app}.`);
}

/** The account that the bearer's claim `jid` names, where push may be enabled for it. @throws {Problem} */
export async function requireOwnAccount(
	{ jid }: Permit,
	ownUsers: OwnUsers | undefined,
): Promise<{ ownUsers: OwnUsers; owner: string } | undefined> {
	if (jid === undefined || !ownUsers) return undefined;
	const account = await ownUsers.accountOf(jid);
	if (account.kind === "refused") throw refused(account.reason);
	return { ownUsers, owner: account.owner };
}

export function refused(reason: string): Problem {
	return new Problem("registration-token-needed", `This JWT does not let you register. ${reason}`, {
		// RFC 6750 §3.1.
		headers: { "WWW-Authenticate": `Bearer realm="registration", error="invalid_token"` },
	});
}
