/** What a JWT lets its bearer do. */
import { Problem } from "../problem.ts";

/** What its bearer may do. */
export interface Permit {
	/** It has none: the invite in the body has to let it in. */
	byInvite?: true;
	/** The apps that devices may be registered for; missing: all. */
	apps?: readonly string[];
}

/** Throws unless the bearer may register devices for this app. */
export function requirePermitted({ apps }: Permit, app: string): void {
	if (apps && !apps.includes(app)) throw refused(`Its claim app does not allow the app ${app}.`);
}

export function refused(reason: string): Problem {
	return new Problem("registration-token-needed", `This JWT does not let you register. ${reason}`, {
		// RFC 6750 §3.1.
		headers: { "WWW-Authenticate": `Bearer realm="registration", error="invalid_token"` },
	});
}
