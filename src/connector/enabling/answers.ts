/** What a user's server means by not enabling or disabling push as it was asked to, as data. */
import type { RequestFailed } from "../../xmpp/requests.ts";

/**
 * `no-user`: there is no such account. `not-permitted`: the permission is gone, until the server gives it anew.
 * `later`: all else, which is tried again.
 */
export type Refusal = "no-user" | "not-permitted" | "later";

interface Row {
	/** RFC 6120 §8.3.3. */
	condition: string;
	/** What the text has to say too; missing: whatever it says. */
	says?: RegExp;
	means: Refusal;
	/** Why, and who says so. */
	because: string;
}

/** The first that fits counts. */
export const REFUSALS: readonly Row[] = [
	{
		condition: "forbidden",
		says: /local user/,
		means: "no-user",
		because: "Prosody's mod_privilege, where the account is not there",
	},
	{
		condition: "forbidden",
		means: "not-permitted",
		because: "Prosody's mod_privilege, where the permission was taken away",
	},
	{
		condition: "item-not-found",
		means: "no-user",
		because: "RFC 6120 §8.3.3.7; ejabberd's mod_push of a user without a session",
	},
];

/** @param failed what the server answered, or that it did not */
export function refusalOf({ condition, message }: Pick<RequestFailed, "condition" | "message">): Refusal {
	const row = REFUSALS.find((one) => one.condition === condition && (one.says?.test(message) ?? true));
	return row?.means ?? "later";
}
