/** What a command is (XEP-0050): each dialect's file makes some. */
import xml, { type Element } from "@xmpp/xml";
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { stanzaBounds } from "../../limits/bounds/stanzas.ts";
import { bytesOf, cutTo } from "../../limits/text-length.ts";
import { type AnswerField, type Field, type FormValues, singleValue } from "../forms.ts";
import { NS } from "../namespaces.ts";
import type { ErrorType } from "../stanza-errors.ts";
import type { NoInvite, RegisterRequest, RegisterResult, Registrar, Which } from "./registrar.ts";

/** One execution of a command. */
export interface Call {
	/** The sender's bare JID: whose registrations it is about. */
	owner: string;
	/** The sender's resource, if it has one. */
	resource: string | undefined;
	/** The address that was written to. */
	to: string;
	/** What was filled in; empty when there was no form. */
	form: FormValues;
	registrar: Registrar;
}

/** What came of it. */
export interface Done {
	/** What a person is told; programs go by the form. */
	note?: Note;
	/** The form of the answer, where the dialect has one. */
	form?: Element;
}

/** XEP-0050 §4.3. */
export interface Note {
	type: "info" | "warn" | "error";
	text: string;
}

export interface Command {
	node: string;
	/** What it does, in plain words, for people who choose from a list. */
	name: string;
	/**
	 * It does what a command of the list does, under another name or in another app server's dialect. It works, and
	 * disco#info knows it, but the list leaves it out: people would not know which one to take.
	 */
	unlisted?: true;
	/** Whether it registers: XMPP_ALLOW says who may. */
	registers: boolean;
	/** Whether it works with today's configuration. */
	isServed(registrar: Registrar): boolean;
	/** What to fill in; missing: it runs at once. @throws {CommandError} */
	fields?(asked: Omit<Call, "form">): readonly Field[] | Promise<readonly Field[]>;
	/** What a person is to do with that, as a sentence. */
	instructions?: string;
	/** @throws {CommandError} */
	run(call: Call): Promise<Done>;
}

/** A command that cannot be done, with a sentence that says what to do. */
export class CommandError extends Error {
	override name = "CommandError";
	readonly type: ErrorType;
	readonly condition: string;
	/** RFC 6120 §8.3.4. */
	readonly specific: Element | undefined;

	constructor(type: ErrorType, condition: string, text: string, specific?: Element) {
		super(text);
		this.type = type;
		this.condition = condition;
		this.specific = specific;
	}
}

/** A field that is missing or does not fit. */
export const badField = (text: string) => new CommandError("modify", "bad-request", text);

/** Names of devices and their kin go into the database as they are. */
const MAX_NAME = registrationBounds.name.is;

const isTooLong = (name: string) => bytesOf(name) > MAX_NAME;

/** The value of a field without the blanks around it; undefined if it is missing or empty. */
export function optional({ form }: Pick<Call, "form">, name: string): string | undefined {
	return singleValue(form, name)?.trim() || undefined;
}

/** @throws {CommandError} when it is missing or empty */
export function required(call: Pick<Call, "form">, name: string): string {
	const value = optional(call, name);
	if (value === undefined) throw badField(`The field ${name} is missing: fill it in.`);
	return value;
}

/** What a client calls its device, or undefined. @throws {CommandError} when it is too long to be kept */
export function nameIn(call: Pick<Call, "form">, field: string): string | undefined {
	const name = optional(call, field);
	if (name !== undefined && isTooLong(name)) {
		throw badField(`The field ${field} has more than ${MAX_NAME} bytes: shorten it.`);
	}
	return name;
}

/** The resource as a device's id. @throws {CommandError} when there is none, or it is too long to be kept */
function resourceIn({ resource }: Pick<Call, "resource">): string {
	if (resource === undefined) throw badField("The field device-id is missing: send it, or from a full JID.");
	if (!isTooLong(resource)) return resource;
	throw badField(`Your resource has more than ${MAX_NAME} bytes: send a shorter device-id.`);
}

/** Registers, or says in a stanza error's terms why not. */
export async function register(
	call: Call,
	request: Omit<RegisterRequest, "owner" | "to" | "invite">,
): Promise<Extract<RegisterResult, { kind: "registered" }>> {
	const { owner, to, registrar } = call;
	const result = await registrar.register({ ...request, owner, to, invite: optional(call, INVITE) });
	switch (result.kind) {
		case "registered":
			return result;
		case "not-served":
			throw notServed(result.reason);
		case "bad-device":
			throw badField(result.reason);
		case "too-long":
			throw new CommandError("modify", "not-acceptable", result.reason);
		case "no-invite":
			throw noInvite(result);
		case "over-quota":
		case "not-ready":
			throw new CommandError("wait", "resource-constraint", result.reason);
	}
}

/** The field that an invite comes in, in every dialect. */
export const INVITE = "invite";

/** The answer to who needs an invite, and showed none. */
export const NO_INVITE = {
	kind: "no-invite",
	why: "missing",
	reason:
		"You may not register here: ask the operator of this server to let you or your domain (XMPP_ALLOW), or for an invite.",
} as const satisfies RegisterResult;

/** The error has an element that says why, for programs: `<invite xmlns='urn:reveille:0' why='used-up'/>`. */
export function noInvite({ why, reason }: { why: NoInvite; reason: string }): CommandError {
	const specific = xml("invite", { xmlns: NS.reveille, why });
	return why === "too-often"
		? new CommandError("wait", "resource-constraint", reason, specific)
		: new CommandError("auth", "forbidden", reason, specific);
}

/** Clients of some dialects take no answer without a secret, and a pubsub host takes none. @throws {CommandError} */
export function requireSecrets({ givesSecrets }: Registrar): void {
	if (givesSecrets) return;
	throw notServed(
		"Publishes go to a pubsub service here, which takes no secret: this dialect's clients need one.",
	);
}

/**
 * What XEP-0357's `<enable/>` needs: the same three fields in all dialects that have a secret.
 * @param secret undefined: there is none
 */
export function addressFields(jid: string, node: string, secret: string | undefined): AnswerField[] {
	const fields: AnswerField[] = [
		{ name: "jid", type: "jid-single", label: "The address that your server publishes to", values: [jid] },
		{ name: "node", type: "text-single", label: "The node there", values: [node] },
	];
	if (secret !== undefined) {
		const label = "The secret that your server publishes with";
		fields.push({ name: "secret", type: "text-single", label, values: [secret] });
	}
	return fields;
}

/** What a client of Push 2.0 gives its server beside the address, in the dialects whose clients may know it. */
export const push2Fields = (push2: string | undefined): AnswerField[] =>
	push2 === undefined
		? []
		: [{ name: "push2", type: "text-single", label: "The client's URL, for Push 2.0", values: [push2] }];

/** What a person is told when registrations ended. */
export function endedNote(count: number): Note {
	return {
		type: "info",
		text: count === 1 ? "The registration ended." : `${count} registrations ended.`,
	};
}

/**
 * What an answer lists of an owner's registrations: as many as fit into it, without the oldest if need be.
 * @param all the oldest first
 * @param elementOf how one is written
 */
export function latestThatFit<One>(all: readonly One[], elementOf: (one: One) => Element): readonly One[] {
	let bytes = 0;
	for (let at = all.length - 1; at >= 0; at--) {
		bytes += bytesOf(String(elementOf(all[at] as One)));
		if (bytes > stanzaBounds.listed.is) return all.slice(at + 1);
	}
	return all;
}

/** Of a few registrations all names are whole; of very many, long ones are cut. @returns cuts one's name */
export function nameCutFor(count: number): (name: string) => string {
	const longest = Math.floor(stanzaBounds.listedNames.is / Math.max(count, 1));
	return (name) => cutTo(name, longest);
}

export const leftOut = (count: number) =>
	`Your oldest registrations do not fit into this answer: ${count} are left out.`;

export function notServed(text: string): CommandError {
	return new CommandError("cancel", "feature-not-implemented", text);
}

/** What a client calls a registration, or else its device. @throws {CommandError} when it says neither */
export function whichIn(call: Call): Which {
	const node = optional(call, "node");
	return node === undefined ? { device: deviceId(call) } : { nodes: [node] };
}

/** The device's own id, or the resource. @throws {CommandError} when there is neither */
export function deviceId(call: Call): string {
	return nameIn(call, "device-id") ?? resourceIn(call);
}

/**
 * The answer of every command to what its owner has not, or has no more: an owner's registrations are looked up as a
 * list, in which one that ended is missing like one that never was. Not `gone` (RFC 6120 §8.3.3.5): that says that the
 * address itself has moved.
 */
export function nothingFound(): CommandError {
	return new CommandError(
		"cancel",
		"item-not-found",
		"You have no such registration here: list-push-registrations lists those that you have.",
	);
}
