/**
 * p2's dialect, which Conversations and Snikket for Android speak. A device has a registration for the account, and
 * one for each room whose messages come from the room itself.
 */

import { hexOf } from "../../syntax/hex.ts";
import { p2Device } from "../../syntax/p2-device.ts";
import type { ServiceName } from "../../types.ts";
import { answerForm, type Field } from "../forms.ts";
import { isBareJid } from "../jid.ts";
import {
	addressFields,
	badField,
	type Call,
	type Command,
	type Done,
	endedNote,
	nameIn,
	nothingFound,
	optional,
	push2Fields,
	register,
	required,
	requireSecrets,
} from "./command.ts";
import type { Registrar } from "./registrar.ts";

export const p2Fields: readonly Field[] = [
	{ name: "token", type: "text-single", label: "The registration token", required: true },
	{ name: "device-id", type: "text-single", label: "An id of the device", required: true },
	{ name: "muc", type: "jid-single", label: "A room, if it is for the room's messages" },
];

function idIn(call: Call): string {
	const id = nameIn(call, "device-id") ?? nameIn(call, "android-id");
	if (id === undefined) throw badField("The field device-id (or android-id) is missing: fill it in.");
	return id;
}

function mucIn(call: Call): string | undefined {
	const muc = optional(call, "muc")?.toLowerCase();
	if (muc !== undefined && !isBareJid(muc)) throw badField("The field muc must be a room's bare JID.");
	return muc;
}

export async function registerP2(call: Call, service: ServiceName): Promise<Done> {
	const muc = mucIn(call);
	requireSecrets(call.registrar);
	const { jid, node, secret, push2 } = await register(call, {
		token: required(call, "token"),
		p256dh: optional(call, "p256dh"),
		auth: optional(call, "auth"),
		dialect: "p2",
		app: { service },
		device: p2Device(idIn(call), muc),
		muc,
	});
	return {
		form: answerForm("form", [...addressFields(jid, node, secret), ...push2Fields(push2)]),
	};
}

/** What a push for a room is told apart by: the app knows no other name of the registration. */
async function channelOf(muc: string, id: string): Promise<string> {
	const hash = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(`${muc}\0${id}`));
	return hexOf(new Uint8Array(hash));
}

async function deviceToEnd(call: Call): Promise<string> {
	const id = idIn(call);
	const channel = optional(call, "channel")?.toLowerCase();
	if (channel === undefined) return p2Device(id, mucIn(call));
	for (const { muc, device } of await call.registrar.list(call.owner)) {
		if (muc !== undefined && device === p2Device(id, muc) && (await channelOf(muc, id)) === channel)
			return device;
	}
	throw nothingFound();
}

const unregister = (service: "fcm" | "apns"): Command => ({
	node: `unregister-push-${service}`,
	name: "Unregister a device of Conversations or Snikket",
	unlisted: true,
	registers: false,
	isServed: ({ services }: Registrar) => services.has(service),
	fields: () => [
		{ name: "device-id", type: "text-single", label: "The id of the device", required: true },
		{ name: "muc", type: "jid-single", label: "The room, if it was for a room's messages" },
	],
	async run(call) {
		const ended = await call.registrar.remove(call.owner, {
			device: await deviceToEnd(call),
			app: { service },
		});
		if (ended.length === 0) throw nothingFound();
		return { note: endedNote(ended.length) };
	},
});

export const p2: readonly Command[] = [unregister("fcm"), unregister("apns")];
