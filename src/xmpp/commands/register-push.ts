/** `register-push-X`: mod_push's and p2's command of the same name, told apart by what is filled in. */
import { SERVICES } from "../../services/registry.ts";
import type { ServiceName } from "../../types.ts";
import { SERVICE_BY_NAME } from "../service-names.ts";
import { type Call, type Command, optional } from "./command.ts";
import { fieldsFor, keyToSubscribeWith, registerModPush } from "./mod-push.ts";
import { p2Fields, registerP2 } from "./p2.ts";

/** p2 has FCM under its new name, and a device id in all it sends; mod_push has neither rooms nor an android-id. */
function isP2(name: string, call: Call): boolean {
	if (name === "fcm") return true;
	if (name !== "gcm" && name !== "apns") return false;
	if (optional(call, "android-id") !== undefined || optional(call, "muc") !== undefined) return true;
	// With a token and a device-id alone both are the same, but for the token: mod_push's is base64, and those that are
	// as long as two hexadecimal digits for each of 32 bytes have some other character, by all chances.
	return (
		name === "apns" &&
		optional(call, "device-id") !== undefined &&
		!call.form.has("device-name") &&
		!call.form.has("classes") &&
		/^([0-9a-f]{64,}|[0-9A-F]{64,})$/.test(optional(call, "token") ?? "")
	);
}

const command = (name: string, service: ServiceName): Command => {
	const { form, calledBy } = SERVICES[service];
	const { listed = false, isOurs = false } = calledBy[name] ?? {};
	return {
		node: `register-push-${name}`,
		name: form.title,
		...(!listed && { unlisted: true }),
		registers: true,
		isServed: ({ services }) => services.has(service),
		fields: ({ registrar }) =>
			name === "fcm" ? p2Fields : [...fieldsFor(service), ...keyToSubscribeWith(service, registrar)],
		// Clients of an older app server might hand all that they are answered on to their server.
		run: (call) => (isP2(name, call) ? registerP2(call, service) : registerModPush(call, service, isOurs)),
	};
};

export const registerPush: readonly Command[] = [...SERVICE_BY_NAME].map(([name, service]) =>
	command(name, service),
);
