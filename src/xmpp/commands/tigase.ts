/**
 * Tigase's dialect, which Siskin, Snikket for iOS and BeagleIM speak. There is no secret: the node that we return is
 * its own credential. There is no device id either: the token stands for the device.
 */

import { deviceHash } from "../../syntax/device-hash.ts";
import { answerForm, type Field } from "../forms.ts";
import { NS } from "../namespaces.ts";
import {
	badField,
	type Call,
	type Command,
	endedNote,
	nothingFound,
	optional,
	register,
	required,
} from "./command.ts";
import type { Registrar } from "./registrar.ts";

/**
 * Bytes that the user's server may encrypt for the device: a third more as base64, and with the address and what is
 * shown until it is decrypted still within the 4096 of APNs and FCM.
 */
const MAX_PAYLOAD = 2560;

/** Hashed, so that its length is bounded. Hexadecimal in capitals is the same token. */
const deviceOf = async (token: string): Promise<string> => `tigase:${await deviceHash(token.toLowerCase())}`;

const isServed = ({ providers }: Registrar) => providers.length > 0;

const fields = ({ registrar: { providers } }: Pick<Call, "registrar">): Field[] => [
	{
		name: "provider",
		type: "list-single",
		label: "The app and its push service",
		required: true,
		options: providers,
	},
	{ name: "device-token", type: "text-single", label: "The device token", required: true },
];

export const tigase: readonly Command[] = [
	{
		node: "register-device",
		name: "Register a device (Tigase)",
		unlisted: true,
		registers: true,
		isServed,
		fields: (asked) => [
			...fields(asked),
			{ name: "device-second-token", type: "text-single", label: "The token for calls" },
		],
		async run(call) {
			const provider = required(call, "provider");
			if (!call.registrar.providers.includes(provider)) {
				throw badField(`This provider is not served here. There is: ${call.registrar.providers.join(", ")}.`);
			}
			const token = required(call, "device-token");
			const { node } = await register(call, {
				dialect: "tigase",
				app: { provider },
				device: await deviceOf(token),
				token,
				voipToken: optional(call, "device-second-token"),
			});
			return {
				form: answerForm("result", [
					{
						name: "node",
						type: "text-single",
						label: "The node that your server publishes to: keep it to yourself",
						values: [node],
					},
					{
						name: "features",
						type: "list-multi",
						label: "What your server may send beside a wake-up",
						values: [NS.tigaseEncrypt],
					},
					{
						name: "max-payload-size",
						type: "text-single",
						label: "How many bytes it may encrypt for the device",
						values: [String(MAX_PAYLOAD)],
					},
				]),
			};
		},
	},
	{
		node: "unregister-device",
		name: "Unregister a device (Tigase)",
		unlisted: true,
		registers: false,
		isServed,
		fields,
		async run({ form, owner, registrar }) {
			const provider = required({ form }, "provider");
			const device = await deviceOf(required({ form }, "device-token"));
			const ended = await registrar.remove(owner, { device, app: { provider } });
			if (ended.length === 0) throw nothingFound();
			return { note: endedNote(ended.length) };
		},
	},
];
