/**
 * mod_push's dialect, and that of its app server oshiya: `register-push-X`, `unregister-push`,
 * `list-push-registrations`. Its answers are forms of type `result` whose fields have no type.
 */
import type { DeviceInput, ServiceName } from "../../types.ts";
import { answerForm, type Field, itemsForm } from "../forms.ts";
import {
	badField,
	type Call,
	type Command,
	type Done,
	nameIn,
	nothingFound,
	optional,
	register,
	required,
	resourceIn,
	secretFields,
} from "./command.ts";

/** What may be filled in to register at a service. */
export function fieldsFor(service: ServiceName): Field[] {
	const token: Record<ServiceName, string> = {
		apns: "The device token, base64 of its bytes",
		fcm: "The registration token",
		webpush: "The endpoint's URL",
		ubuntu: "The push client's token",
		wns: "The channel URI",
	};
	return [
		{ name: "token", type: "text-single", label: token[service], required: true },
		...(service === "ubuntu"
			? [{ name: "application-id", type: "text-single" as const, label: "The application, package_app" }]
			: []),
		...(service === "webpush"
			? [
					{ name: "p256dh", type: "text-single" as const, label: "The device's public key, base64url" },
					{ name: "auth", type: "text-single" as const, label: "Its authentication secret, base64url" },
				]
			: []),
		{ name: "device-id", type: "text-single", label: "An id of the device (the resource)" },
		{ name: "device-name", type: "text-single", label: "A name of the device, for you" },
	];
}

export async function registerModPush(call: Call, service: ServiceName): Promise<Done> {
	const { jid, node, secret } = await register(call, {
		...deviceIn(call, service),
		dialect: "mod_push",
		app: { service },
		device: deviceId(call),
		deviceName: nameIn(call, "device-name"),
	});
	return {
		form: answerForm("result", [
			{ name: "jid", values: [jid] },
			{ name: "node", values: [node] },
			...secretFields(secret).map(({ name, values }) => ({ name, ...(values && { values }) })),
		]),
	};
}

function deviceIn(call: Call, service: ServiceName): DeviceInput {
	const token = required(call, "token");
	switch (service) {
		case "apns":
			return { token: hexOf(token) };
		case "wns":
			return { token: unescaped(token) };
		case "ubuntu":
			return { token, applicationId: optional(call, "application-id") };
		case "webpush":
			return { token, p256dh: optional(call, "p256dh"), auth: optional(call, "auth") };
		case "fcm":
			return { token };
	}
}

function deviceId(call: Call): string {
	return nameIn(call, "device-id") ?? resourceIn(call);
}

/** Its APNs tokens are base64 of the binary token: in hexadecimal they would decode too, to another token. */
function hexOf(base64: string): string {
	try {
		const bytes = atob(base64.replaceAll(/\s/g, ""));
		return [...bytes].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
	} catch {
		throw badField("The token must be base64 of the binary device token.");
	}
}

/** Its channel URIs are escaped as a whole; one that is not has escapes of its own, which stay. */
function unescaped(uri: string): string {
	if (/^https?:\/\//i.test(uri)) return uri;
	try {
		return decodeURIComponent(uri);
	} catch {
		throw badField("The token must be the channel URI, escaped.");
	}
}

export const modPush: readonly Command[] = [
	{
		node: "list-push-registrations",
		name: "List what is registered for push",
		registers: false,
		isServed: () => true,
		async run({ owner, registrar }) {
			const registrations = await registrar.list(owner);
			if (registrations.length === 0) return {};
			const items = registrations.map(({ deviceName, node }) => [
				...(deviceName === undefined ? [] : [{ name: "device-name", values: [deviceName] }]),
				{ name: "node", values: [node] },
			]);
			return { form: itemsForm(items) };
		},
	},
	{
		node: "unregister-push",
		name: "Unregister from push",
		registers: false,
		isServed: () => true,
		async run(call) {
			const nodes =
				call.form
					.get("nodes")
					?.map((node) => node.trim())
					.filter(Boolean) ?? [];
			const which = nodes.length > 0 ? { nodes } : { device: deviceId(call) };
			const ended = await call.registrar.remove(call.owner, which);
			if (ended.length === 0) throw nothingFound();
			if (nodes.length === 0) return {};
			const values = ended.map(({ node }) => node);
			return { form: answerForm("result", [{ name: "nodes", type: "list-multi", values }]) };
		},
	},
];
