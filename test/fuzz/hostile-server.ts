/** An XMPP server over WebSocket that means harm: it says at each step what it should, or anything else. */
import type { ServerWebSocket } from "bun";
import fc, { type Arbitrary } from "fast-check";
import { createScramServer, type ScramServer } from "../connector/stream/scram-server.ts";
import { STANZAS } from "./corpus.ts";
import { anyText, HOSTILE, spoiltText } from "./hostile.ts";

const NS_SASL = `xmlns="urn:ietf:params:xml:ns:xmpp-sasl"`;
const NS_SM = `xmlns="urn:xmpp:sm:3"`;
const NS_BIND = `xmlns="urn:ietf:params:xml:ns:xmpp-bind"`;
const NS_STREAM = `xmlns:stream="http://etherx.jabber.org/streams"`;
const NS_CONDITIONS = `xmlns="urn:ietf:params:xml:ns:xmpp-streams"`;

export const ADDRESS = "push@localhost/push";
export const SESSION = "session";

/** One thing that it says. `good`: what it should. The others are filled in: see `filled`. */
export type Said = { kind: "good" } | { kind: "text"; text: string };

/** What it says to each message of the client's, in order. */
export interface Script {
	mechanism: string;
	steps: readonly (readonly Said[])[];
	/** After all that: it closes the connection, or says nothing more. */
	end: "close" | "silence";
}

const escaped = (text: string) =>
	text
		.toWellFormed()
		.replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "?")
		.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
const base64 = (text: string) => Buffer.from(text).toString("base64");
const features = (inner: string) => `<stream:features ${NS_STREAM}>${inner}</stream:features>`;

/** Counts as a server should give them, and as it should not. */
const count = fc.oneof(
	fc.nat(5).map(String),
	fc.constantFrom(
		"-1",
		"4294967295",
		"4294967296",
		"1e3",
		"NaN",
		"0x10",
		"",
		" 1",
		"1.5",
		"99999999999999999999",
	),
	anyText.map(escaped),
);
const jid = fc.oneof(
	fc.constantFrom(
		ADDRESS,
		...[
			"push@localhost",
			"push@localhost/other",
			"mallory@localhost/push",
			"localhost",
			"PUSH@localhost/push",
		],
		...["", " push@localhost/push", "push@localhost/push/", "push@localhost.evil/push"],
	),
	anyText.map(escaped),
);
const token = fc.oneof(fc.constantFrom(SESSION, "other", "", "true", "1", "false"), anyText.map(escaped));

const sasl = fc.oneof(
	fc
		.tuple(fc.constantFrom("challenge", "success", "failure", "response", "abort"), anyText)
		.map(([name, text]) => `<${name} ${NS_SASL}>${escaped(text)}</${name}>`),
	fc
		.tuple(
			fc.constantFrom("challenge", "success"),
			spoiltText(fc.constantFrom("r={nonce}x,s=c2FsdA==,i=4096", "v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", ""), 1),
		)
		.map(([name, text]) => `<${name} ${NS_SASL}>{base64 ${escaped(text)}}</${name}>`),
	fc.constantFrom(
		`<success ${NS_SASL}/>`,
		`<success ${NS_SASL}>=</success>`,
		`<challenge ${NS_SASL}/>`,
		`<failure ${NS_SASL}><not-authorized/><text>{auth} {password}</text></failure>`,
		`<failure ${NS_SASL}><temporary-auth-failure/></failure>`,
		`<s:success xmlns:s="urn:ietf:params:xml:ns:xmpp-sasl"/>`,
		`<challenge ${NS_SASL}>${"LCIs".repeat(40_000)}</challenge>`,
		`<challenge ${NS_SASL}>{base64 r={nonce}x,s=c2FsdA==,i=2000000000}</challenge>`,
	),
);
const offers = fc
	.array(fc.oneof(fc.constantFrom("PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-512", "EXTERNAL"), anyText), {
		maxLength: 4,
	})
	.map((names) =>
		features(
			`<mechanisms ${NS_SASL}>${names.map((it) => `<mechanism>${escaped(it)}</mechanism>`).join("")}</mechanisms>`,
		),
	);
const featured = fc
	.subarray([
		`<bind ${NS_BIND}/>`,
		`<sm ${NS_SM}/>`,
		`<sm xmlns="urn:xmpp:sm:2"/>`,
		`<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>`,
	])
	.map((parts) => features(parts.join("")));
const bound = fc
	.tuple(
		fc.constantFrom("result", "result", "result", "error", "set", "get"),
		fc.constantFrom("{id}", "{id}", "{id}", "bind", ""),
		fc.oneof(fc.constantFrom("localhost", "push@localhost", ADDRESS), jid),
		jid,
	)
	.map(
		([type, id, from, its]) =>
			`<iq xmlns="jabber:client" type="${type}" id="${id}" from="${from}"><bind ${NS_BIND}><jid>${its}</jid></bind></iq>`,
	);
const managed = fc
	.tuple(fc.constantFrom("enabled", "resumed", "failed", "a", "r", "resume", "enable"), count, token, token)
	.map(
		([name, h, id, flag]) =>
			`<${name} ${NS_SM} h="${h}" id="${id}" previd="${id}" resume="${flag}" max="${h}"/>`,
	);
const errors = fc
	.tuple(fc.constantFrom("conflict", "host-unknown", "see-other-host", "policy-violation", "x"), anyText)
	.map(
		([condition, text]) =>
			`<stream:error ${NS_STREAM}><${condition} ${NS_CONDITIONS}/><text ${NS_CONDITIONS}>${escaped(text)} {auth} {password}</text></stream:error>`,
	);
const stanza = fc
	.constantFrom(...STANZAS)
	.map((text) => text.replace(/^<(iq|message)/, '<$1 xmlns="jabber:client"'));

/** One thing that no server should say there. */
const hostile: Arbitrary<string> = fc.oneof(
	{ weight: 4, arbitrary: sasl },
	{ weight: 2, arbitrary: fc.oneof(offers, featured) },
	{ weight: 3, arbitrary: bound },
	{ weight: 4, arbitrary: managed },
	{ weight: 1, arbitrary: errors },
	{ weight: 2, arbitrary: stanza },
	{
		weight: 1,
		arbitrary: spoiltText(fc.oneof(sasl, bound, managed, stanza), 2).map((text) => text.toWellFormed()),
	},
	{
		weight: 1,
		arbitrary: fc.constantFrom(
			`<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" from="localhost" id="2" version="1.0"/>`,
			`<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>`,
			...HOSTILE.slice(0, 12).map((text) => text.toWellFormed()),
		),
	},
);
const said: Arbitrary<Said> = fc.oneof(
	{ weight: 3, arbitrary: fc.constant({ kind: "good" as const }) },
	{ weight: 2, arbitrary: hostile.map((text) => ({ kind: "text" as const, text })) },
);

/** How much is said at once, characters and elements: less than a server would be cut off for. */
const MUCH = { characters: 250_000, elements: 1_500 };
const times = (text: string, length: number) => text.repeat(Math.floor(length / text.length));
const many = (element: (index: number) => string) =>
	Array.from({ length: MUCH.elements }, (_, at) => element(at)).join("");

/** The server's answers, by what the client did last. */
const AFTER = { open: 0, auth: 1, response: 2, reopen: 2, bind: 3, enable: 4 };

/** Messages that are much work for whoever does it carelessly, and after how many good steps they come. */
function muchOf(piece: string): [number, string][] {
	const isElement = piece.startsWith("<a");
	const text = isElement ? many(() => piece) : times(piece, MUCH.characters);
	const value = isElement ? "" : text;
	const encoded = base64(`r={nonce}x,${times(piece, MUCH.characters / 2)}`);
	return [
		[AFTER.auth, `<challenge ${NS_SASL}>${text}</challenge>`],
		[AFTER.auth, `<challenge ${NS_SASL}>${encoded}</challenge>`],
		[AFTER.response, `<challenge ${NS_SASL}>${encoded}</challenge>`],
		[AFTER.response, `<success ${NS_SASL}>${text}</success>`],
		[AFTER.auth, `<failure ${NS_SASL}><not-authorized/><text>${text}</text></failure>`],
		[AFTER.auth, `<failure ${NS_SASL}>${many((at) => `<c${at}/>`)}</failure>`],
		[
			AFTER.open,
			features(`<mechanisms ${NS_SASL}>${many((at) => `<mechanism>X-${at}</mechanism>`)}</mechanisms>`),
		],
		[AFTER.open, features(`<mechanisms ${NS_SASL}><mechanism>${text}</mechanism></mechanisms>`)],
		[AFTER.reopen, features(many(() => `<sm ${NS_SM}/>`))],
		[
			AFTER.bind,
			`<iq xmlns="jabber:client" type="result" id="{id}"><bind ${NS_BIND}><jid>${text}</jid></bind></iq>`,
		],
		[AFTER.enable, `<enabled ${NS_SM} id="${value}" resume="true"/>`],
		[AFTER.enable, `<a ${NS_SM} h="${value}"/>`],
		[AFTER.bind, `<resumed ${NS_SM} h="0" previd="${value}"/>`],
		[
			AFTER.auth,
			`<stream:error ${NS_STREAM}><conflict ${NS_CONDITIONS}/><text ${NS_CONDITIONS}>${text}</text></stream:error>`,
		],
	];
}

const GOOD: readonly Said[] = [{ kind: "good" }];
const good = (count: number) => Array.from({ length: count }, () => GOOD);
/** So far all goes well; then anything is said. */
const steps = fc
	.tuple(
		fc.nat(6),
		fc.array(fc.array(said, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
		fc.nat(3),
	)
	.map(([before, worse, after]) => [...good(before), ...worse, ...good(after)]);
const end = fc.oneof(
	{ weight: 11, arbitrary: fc.constant("close" as const) },
	{ weight: 1, arbitrary: fc.constant("silence" as const) },
);

/** @param mechanisms of which it offers one */
export const scripts = (mechanisms: readonly string[]): Arbitrary<Script> =>
	fc.record({ mechanism: fc.constantFrom(...mechanisms), steps, end });

/** Much is said at once, in one message where it matters. */
export const muchAtOnce: Arbitrary<Script> = fc
	.tuple(fc.constantFrom(',"', "=", "r=,", "A", "é", " ", "&lt;", "&#38;", "<a/>", "]]&gt;"), fc.nat(13))
	.map(([piece, which]) => {
		const [before, text] = muchOf(piece)[which] as [number, string];
		return { mechanism: "SCRAM-SHA-1", steps: [...good(before), [{ kind: "text", text }]], end: "close" };
	});

/** The same again and again. */
export const again: Arbitrary<Script> = fc
	.tuple(fc.nat(6), hostile, fc.nat(300))
	.map(([before, text, more]) => ({
		mechanism: "PLAIN",
		steps: [...good(before), Array.from({ length: more + 1 }, () => ({ kind: "text", text }))],
		end: "close",
	}));

/** One connection to it. */
export interface Visit {
	/** What the client sent, in order. */
	readonly received: string[];
	/** What it said in answer to a bind, word for word. */
	readonly binds: string[];
	/** Resolves when nothing more comes. */
	readonly closed: Promise<void>;
}

interface Link {
	visit: Visit;
	close(): void;
	script: Script;
	step: number;
	scram: ScramServer | undefined;
	isLoggedIn: boolean;
	idle: ReturnType<typeof setTimeout> | undefined;
}

/** How long it waits for the client's next word, ms. */
const IDLE_MS = 2;

export interface HostileServer {
	readonly service: string;
	/**
	 * What it does with the next connections.
	 * @param onEnd called when a script was said to its end
	 */
	next(script: Script, onEnd: () => void): void;
	/** Those since. */
	visits(): readonly Visit[];
	stop(): void;
}

/**
 * @param password what it takes for the client's password
 * @param secret what it repeats where it can
 */
export function startHostileServer(password: string, secret: string): HostileServer {
	let script: Script = { mechanism: "PLAIN", steps: [], end: "close" };
	let onEnd = () => {};
	let visits: Visit[] = [];

	/** What a server should say to that. */
	function goodAnswer(link: Link, message: string): string[] {
		const text = Buffer.from(/>([^<]*)</.exec(message)?.[1] ?? "", "base64").toString();
		const { mechanism } = link.script;
		if (message === "") return [];
		if (message.startsWith("<open")) {
			const offered = `<mechanisms ${NS_SASL}><mechanism>${mechanism}</mechanism></mechanisms>`;
			return [
				`<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" from="localhost" id="1" version="1.0"/>`,
				features(link.isLoggedIn ? `<bind ${NS_BIND}/><sm ${NS_SM}/>` : offered),
			];
		}
		if (message.startsWith("<auth")) {
			if (mechanism !== "PLAIN") {
				link.scram = createScramServer({ mechanism, password });
				return [`<challenge ${NS_SASL}>${base64(link.scram.challenge(text))}</challenge>`];
			}
			link.isLoggedIn = true;
			return [`<success ${NS_SASL}/>`];
		}
		if (message.startsWith("<response")) {
			const proof = link.scram?.success(text) ?? "v=AAAA";
			link.isLoggedIn = true;
			return [`<success ${NS_SASL}>${base64(proof)}</success>`];
		}
		if (message.includes("<bind")) {
			return [
				`<iq xmlns="jabber:client" type="result" id="${idOf(message)}"><bind ${NS_BIND}><jid>${ADDRESS}</jid></bind></iq>`,
			];
		}
		if (message.startsWith("<enable")) return [`<enabled ${NS_SM} id="${SESSION}" resume="true"/>`];
		if (message.startsWith("<resume")) return [`<resumed ${NS_SM} previd="${SESSION}" h="0"/>`];
		if (message.startsWith("<r ")) return [`<a ${NS_SM} h="0"/>`];
		return [];
	}

	const idOf = (message: string) => /\bid="([^"]*)"/.exec(message)?.[1] ?? "";

	/** With what the client said last in it. */
	function filled(text: string, message: string): string {
		const sent = />([^<]*)</.exec(message)?.[1] ?? "";
		const nonce = /,r=([^,]*)/.exec(Buffer.from(sent, "base64").toString())?.[1] ?? "";
		return text
			.replaceAll("{id}", idOf(message))
			.replaceAll("{auth}", sent)
			.replaceAll("{password}", secret)
			.replaceAll("{nonce}", escaped(nonce))
			.replace(/\{base64 ([^<]*)\}/, (_, inner: string) => base64(inner));
	}

	/** Goes on by itself where the client has nothing to say. */
	function answer(socket: ServerWebSocket<Link>, message: string) {
		const link = socket.data;
		clearTimeout(link.idle);
		if (link.step >= link.script.steps.length) return;
		const step = link.script.steps[link.step++] ?? [];
		for (const one of step) {
			const texts = one.kind === "good" ? goodAnswer(link, message) : [filled(one.text, message)];
			for (const text of texts) {
				if (text.includes("<bind")) link.visit.binds.push(text);
				socket.send(text);
			}
		}
		if (link.step < link.script.steps.length) {
			link.idle = setTimeout(() => answer(socket, ""), IDLE_MS);
			return;
		}
		// In good order, so that all that the client has sent arrives.
		if (link.script.end === "close") socket.close();
		onEnd();
	}

	const server = Bun.serve<Link>({
		port: 0,
		hostname: "127.0.0.1",
		fetch(request, self) {
			const closed = Promise.withResolvers<void>();
			const visit = { received: [], binds: [], closed: closed.promise };
			const data = {
				visit,
				close: closed.resolve,
				script,
				step: 0,
				scram: undefined,
				isLoggedIn: false,
				idle: undefined,
			};
			const headers = { "Sec-WebSocket-Protocol": "xmpp" };
			if (self.upgrade(request, { data, headers })) {
				visits.push(visit);
				return undefined;
			}
			return new Response(null, { status: 400 });
		},
		websocket: {
			message(socket, message) {
				socket.data.visit.received.push(String(message));
				answer(socket, String(message));
			},
			close(socket) {
				clearTimeout(socket.data.idle);
				socket.data.close();
			},
		},
	});

	return {
		service: `ws://127.0.0.1:${server.port}/`,
		next(its, whenSaid) {
			script = its;
			onEnd = whenSaid;
			visits = [];
		},
		visits: () => visits,
		stop: () => void server.stop(true),
	};
}
