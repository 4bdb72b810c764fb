/** What a push says, read with no trust: all of it was written by strangers. docs/payloads.md has the fields. */
import { present } from "../../syntax/present-fields.ts";
import type { Notification } from "../../types.ts";

/** The class is whatever it says: newer ones than are known here are shown too. */
export type Payload = Omit<Notification, "class" | "encrypted" | "pending"> & {
	/** Which registration it is for. */
	node: string;
	class: string;
	/** For the device alone. Any part may be missing: it cannot be opened then. */
	encrypted?: { data?: string; iv?: string };
};

/** The parts of a PushEvent that say something. */
export interface PushData {
	data?: { json(): unknown } | null;
	/** Declarative Web Push: the browser hands a notification in place of the data. */
	notification?: { body?: string; data?: unknown } | null;
}

/** @returns undefined: it is empty, or in no form that is known */
export function payloadOf({ data, notification }: PushData): Payload | undefined {
	const said = jsonOf(data) ?? notification?.data;
	if (typeof said !== "object" || said === null) return undefined;
	const fields = said as Readonly<Record<string, unknown>>;
	const [node, pushClass] = [textOf(fields.node), textOf(fields.class)];
	if (node === undefined || pushClass === undefined) return undefined;
	return present({
		node,
		class: pushClass,
		count: countOf(fields.count),
		sender: textOf(fields.sender),
		body: textOf(fields.body ?? notification?.body),
		nickname: textOf(fields.nickname),
		event: textOf(fields.event),
		encrypted: sealedOf(fields.encrypted),
	});
}

function sealedOf(encrypted: unknown): Payload["encrypted"] {
	if (typeof encrypted !== "object" || encrypted === null) return undefined;
	const { data, iv } = encrypted as Readonly<Record<string, unknown>>;
	return present({ data: textOf(data), iv: textOf(iv) });
}

function jsonOf(data: PushData["data"]): unknown {
	try {
		return data?.json();
	} catch {
		return undefined;
	}
}

/** Without half a character, which JSON may hold and no URL. */
export const textOf = (value: unknown) =>
	typeof value === "string" && value !== "" ? value.toWellFormed() : undefined;

export const countOf = (value: unknown) =>
	Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
