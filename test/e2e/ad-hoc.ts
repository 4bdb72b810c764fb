/** Ad-hoc commands (XEP-0050), as clients run them to register. */
import { xml } from "@xmpp/client";
import type { Registered } from "../peers/reveille.ts";
import type { User } from "../peers/user.ts";
import type { WebPushDevice } from "../peers/web-push-device.ts";

const COMMANDS = "http://jabber.org/protocol/commands";

/**
 * Runs a command in one step.
 * @returns the first value of each field of the answer's form
 * @throws {StanzaError}
 */
export async function runCommand(
	user: User,
	to: string,
	node: string,
	fields: Record<string, string>,
): Promise<Record<string, string>> {
	const form = xml(
		"x",
		{ xmlns: "jabber:x:data", type: "submit" },
		...Object.entries(fields).map(([name, value]) => xml("field", { var: name }, xml("value", {}, value))),
	);
	const answer = await user.iq("set", xml("command", { xmlns: COMMANDS, node, action: "execute" }, form), to);
	const told =
		answer.getChild("command", COMMANDS)?.getChild("x", "jabber:x:data")?.getChildren("field") ?? [];
	return Object.fromEntries(told.map((field) => [field.attrs.var, field.getChildText("value") ?? ""]));
}

/** Registers a device, so that its owner is known. @param more further fields of the form */
export async function registerByCommand(
	user: User,
	to: string,
	{ subscription }: WebPushDevice,
	more: Record<string, string> = {},
) {
	const { endpoint: token, keys } = subscription;
	const {
		jid = "",
		node = "",
		secret = "",
		"device-secret": deviceSecret = "",
	} = await runCommand(user, to, "register-push-webpush", {
		token,
		...keys,
		...more,
	});
	return { jid, node, secret, deviceSecret } satisfies Registered;
}
