/** Which bodies of a publish a person wrote. */

/** What servers say in place of a message's body: "New Message!" of Prosody, "New message" of ejabberd. */
const FIXED = /^\s*new message\s*[!.]?\s*$/i;

/** Whether a body is a message's own, and not what the server says of every message. */
export const isOwnBody = (body: string | undefined): body is string =>
	body !== undefined && body !== "" && !FIXED.test(body);
