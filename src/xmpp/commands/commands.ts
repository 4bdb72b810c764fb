/**
 * Ad-hoc commands (XEP-0050): what all dialects have in common. Each is one form, filled in and sent at once by
 * programs; people get the form first. Nothing is kept between the two, so any session id will do.
 */

import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { stanzaBounds } from "../../limits/bounds/stanzas.ts";
import { createPerTurn } from "../../limits/per-turn.ts";
import { quoted } from "../../limits/text-length.ts";
import { type Field, type FormValues, formToFillIn, readForm } from "../forms.ts";
import { bareOf, resourceOf } from "../jid.ts";
import { NS } from "../namespaces.ts";
import { stanzaError } from "../stanza-errors.ts";
import { errorOf, nextTimer } from "./answering.ts";
import {
	type Command,
	CommandError,
	INVITE,
	NO_INVITE,
	type Note,
	noInvite,
	notServed,
	optional,
} from "./command.ts";
import { modPush } from "./mod-push.ts";
import { own } from "./own.ts";
import { p2 } from "./p2.ts";
import { pushAppserver } from "./push-appserver.ts";
import { registerPush } from "./register-push.ts";
import type { Registrar } from "./registrar.ts";
import { tigase } from "./tigase.ts";

export interface CommandDeps {
	registrar: Registrar;
	/** Told of what is our own failure. */
	onFault(error: unknown, from: string): void;
	newSessionId?: () => string;
	/** Resolves in the next turn of the event loop; default: with the next timer. */
	turn?: () => Promise<void>;
}

const ALL: ReadonlyMap<string, Command> = new Map(
	[...registerPush, ...p2, ...modPush, ...own, ...pushAppserver, ...tigase].map((command) => [
		command.node,
		command,
	]),
);

/** Far more than any dialect sends, and little to read. */
const MAX_FIELDS = stanzaBounds.fields.is;
const MAX_VALUES = stanzaBounds.values.is;
/** A URL that is a token may be 1000 bytes, and three times that where it is escaped. */
const MAX_VALUE = stanzaBounds.value.is;
const MAX_SESSION_ID = stanzaBounds.sessionId.is;

/** For those whom XMPP_ALLOW does not let in. */
const INVITE_FIELD: Field = {
	name: INVITE,
	type: "text-single",
	label: "Your invite: this server does not let your address register without one",
	required: true,
};

/** The commands that work with today's configuration. */
export function servedCommands(registrar: Registrar): Command[] {
	return [...ALL.values()].filter((command) => command.isServed(registrar));
}

export function createCommands(deps: CommandDeps) {
	const { registrar, onFault, newSessionId = () => crypto.randomUUID(), turn = nextTimer } = deps;
	const perTurn = createPerTurn(stanzaBounds.commandsPerTurn.is, turn);

	/** @returns the `<command/>` of the answer, or an `<error/>`. Never throws */
	return async (request: Element, from: string, to: string): Promise<Element> => {
		const { node, action = "execute", sessionid } = request.attrs as Record<string, string | undefined>;
		const command = ALL.get(node ?? "");
		if (!command) return stanzaError("cancel", "item-not-found", "There is no such command here.");
		if (sessionid !== undefined && sessionid.length > MAX_SESSION_ID) return malformed("bad-sessionid");
		const answer = (status: string, ...children: Element[]) =>
			xml(
				"command",
				{ xmlns: NS.commands, node: command.node, sessionid: sessionid || newSessionId(), status },
				...children,
			);

		if (!["execute", "complete", "next", "cancel", "prev"].includes(action))
			return malformed("malformed-action");
		// There is one form, and nothing before it.
		if (action === "prev") return malformed("bad-action");
		const x = request.getChild("x", NS.dataForms);
		if (action === "cancel" || x?.attrs.type === "cancel") return answer("canceled");

		const owner = bareOf(from);
		// Nobody's are those that registered over HTTP: a stanza without a sender must not reach them.
		if (owner === "") return stanzaError("modify", "jid-malformed", "The sender is missing.");
		try {
			if (!command.isServed(registrar)) throw notServed("This server is not set up for such devices.");
			const asked = { owner, resource: resourceOf(from), to, registrar };
			const needsInvite = command.registers && !(await registrar.mayRegister(owner));
			if (!x && command.fields) {
				const fields = await command.fields(asked);
				return answer(
					"executing",
					actions(),
					formOf(command, needsInvite ? [...fields, INVITE_FIELD] : fields),
				);
			}
			const form = x ? boundedForm(x) : new Map();
			// Before its fields are looked at: who may not register is told that, and not how to do better.
			const showsNone = needsInvite && optional({ form }, INVITE) === undefined;
			if (showsNone && !(await registrar.isInvited(owner))) throw noInvite(NO_INVITE);
			// A database in a file is asked with nothing else between: many commands at once would hold up all else.
			await perTurn();
			const done = await command.run({ ...asked, form });
			return answer(
				"completed",
				...(done.note ? [noteOf(done.note)] : []),
				...(done.form ? [done.form] : []),
			);
		} catch (error) {
			if (error instanceof CommandError) return errorOf(error);
			onFault(error, from);
			return stanzaError("wait", "internal-server-error", "This cannot be done now. Try again later.");
		}
	};
}

function actions(): Element {
	return xml("actions", { execute: "complete" }, xml("complete"));
}

function noteOf({ type, text }: Note): Element {
	return xml("note", { type }, text);
}

function formOf({ name, registers, instructions }: Command, fields: readonly Field[]): Element {
	const usual = registers
		? "Enable push at your own server with the address, node and secret that you get."
		: "Say which registration is to end.";
	return formToFillIn(name, instructions ?? usual, fields);
}

/** @throws {CommandError} */
function boundedForm(x: Element): FormValues {
	const form = readForm(x);
	const tooMuch = (what: string) => new CommandError("modify", "bad-request", `${what}: send less.`);
	if (x.getChildren("field", NS.dataForms).length > MAX_FIELDS) {
		throw tooMuch(`The form has more than ${MAX_FIELDS} fields`);
	}
	for (const [name, values] of form) {
		if (values.length > MAX_VALUES)
			throw tooMuch(`The field ${quoted(name)} has more than ${MAX_VALUES} values`);
		if (values.some((value) => value.length > MAX_VALUE)) {
			throw tooMuch(`The field ${quoted(name)} has more than ${MAX_VALUE} characters`);
		}
	}
	return form;
}

/** XEP-0050 §4.5. */
function malformed(condition: "malformed-action" | "bad-action" | "bad-sessionid"): Element {
	const text = {
		"malformed-action": "The action must be execute, complete, next or cancel.",
		"bad-action": "There is no step before this one.",
		"bad-sessionid": "This session id is none of ours.",
	}[condition];
	return stanzaError("modify", "bad-request", text, xml(condition, { xmlns: NS.commands }));
}
