/**
 * A login (SASL, RFC 4422), whatever carries it: chooses how to log in, and leads the exchange of RFC 6120 §6.4. In a
 * browser as well: it knows no socket and no XML.
 */
import { loginBounds } from "../limits/bounds/login.ts";
import { decodeBase64Text, encodeBase64, utf8 } from "./base64.ts";
import { type Credentials, type Mechanism, SaslError } from "./mechanism.ts";
import { createPlain } from "./plain.ts";
import { createScram, type ScramName } from "./scram.ts";
import { saidBy } from "./server-words.ts";

/** What the client sends: an element of SASL's namespace, and the text in it. */
export type ClientStep =
	| { name: "auth"; mechanism: string; text: string }
	| { name: "response"; text: string };

/** What the server sends, in the same way; of a failure its condition (RFC 6120 §6.5), and its text if it has one. */
export type ServerStep =
	| { name: "challenge" | "success"; text: string }
	| { name: "failure"; condition: string; text: string };

export interface LoginOptions {
	credentials: Credentials;
	/** The names of the mechanisms that the server offers. */
	offered: readonly string[];
	/** Whether nobody can read along, so that the password itself may be sent: `isPrivateWay()`. */
	isPrivate: boolean;
	send(step: ClientStep): void;
	/** Resolves to what the server says next. Rejects to end the login: when the connection is lost, or at a deadline. */
	receive(): Promise<ServerStep>;
	/** The client's nonce; given only by tests. */
	nonce?: string;
}

/** The best first. */
const SCRAM: readonly ScramName[] = ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1"];

/** RFC 4422 §3.1: what else is offered is no name, and goes into no sentence. */
const NAME = /^[A-Z0-9_-]{1,20}$/;
/** How many names stand in a sentence. */
const NAMED = 8;

/**
 * Logs in. When it resolves, the server took the login, and has proved that it knows the password where the mechanism
 * has it prove that (all but PLAIN).
 * @throws {SaslError}
 */
export async function logIn(options: LoginOptions): Promise<void> {
	const { send, receive } = options;
	const mechanism = chosen(options);
	send({ name: "auth", mechanism: mechanism.name, text: encodeBase64(utf8(mechanism.first())) });
	for (;;) {
		const step = await receive();
		switch (step.name) {
			case "challenge":
				send({ name: "response", text: encodeBase64(utf8(await mechanism.respond(decoded(step.text)))) });
				break;
			case "success":
				return mechanism.finish(decoded(step.text));
			case "failure":
				throw refused(step, options.credentials);
		}
	}
}

/** @throws {SaslError} */
function chosen({ credentials, offered, isPrivate, nonce }: LoginOptions): Mechanism {
	const names = new Set(offered.slice(0, loginBounds.mechanisms.is).filter((name) => NAME.test(name)));
	const scram = SCRAM.find((name) => names.has(name));
	if (scram) return createScram(scram, credentials, nonce);
	if (names.has("PLAIN") && isPrivate) return createPlain(credentials);
	throw new SaslError("no-mechanism", noneOf([...names]));
}

/** Why none of these can be used. */
function noneOf(names: readonly string[]): string {
	const offer = names.length === 0 ? "no way to log in that is known here" : `only ${inWords(names)}`;
	const why = names.includes("PLAIN")
		? "PLAIN sends the password as it is, so that it needs wss://, and nothing else can be used here"
		: `needed is one of ${SCRAM.join(", ")} or, over wss://, PLAIN`;
	return `The server offers ${offer}: ${why}.`;
}

function inWords(names: readonly string[]): string {
	const shown = names.slice(0, NAMED);
	const rest = names.length - shown.length;
	const parts = rest > 0 ? [...shown, `${rest} more`] : shown;
	return parts.length === 1 ? parts.join() : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** @throws {SaslError} */
function decoded(text: string): string {
	// RFC 6120 §6.4.5: the text without a character.
	if (text === "=") return "";
	const found = text.length <= loginBounds.challenge.is ? decodeBase64Text(text) : undefined;
	if (found === undefined) {
		throw new SaslError("unreadable", "What the server said while logging in cannot be read.");
	}
	return found;
}

/** RFC 6120 §6.5. */
const CONDITIONS: ReadonlySet<string> = new Set([
	"aborted",
	"account-disabled",
	"credentials-expired",
	"encryption-required",
	"incorrect-encoding",
	"invalid-authzid",
	"invalid-mechanism",
	"malformed-request",
	"mechanism-too-weak",
	"not-authorized",
	"temporary-auth-failure",
]);

function refused(failure: { condition: string; text: string }, credentials: Credentials): SaslError {
	// One of these says nothing of the password, even where this is a part of it, such as "auth".
	const isKnown = CONDITIONS.has(failure.condition);
	const condition = isKnown ? failure.condition : saidBy(failure.condition, credentials);
	const text = saidBy(failure.text, credentials);
	const reason = text === "" ? condition : `${condition} (${text})`;
	return new SaslError("refused", `The server refused the login: ${reason}.`, { condition, said: reason });
}
