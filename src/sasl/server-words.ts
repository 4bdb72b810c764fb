/** A server's own words in a sentence of ours. */
import { stanzaBounds } from "../limits/bounds/stanzas.ts";
import { encodeBase64, utf8 } from "./base64.ts";
import type { Credentials } from "./mechanism.ts";
import { plainMessage } from "./plain.ts";
import { saslprep } from "./saslprep.ts";

/**
 * What a server said, cut to what one can read, and without the password: some servers repeat what they did not
 * understand, and what they say is logged.
 */
export function saidBy(said: string, { username, password }: Credentials): string {
	const sent = plainMessage({ username: saslprep(username) ?? "", password });
	const secrets = [encodeBase64(utf8(sent)), password, saslprep(password) ?? ""];
	const rest = secrets.reduce((text, secret) => (secret === "" ? text : text.replaceAll(secret, "…")), said);
	return rest.slice(0, stanzaBounds.quoted.is).toWellFormed();
}
