/** Logging in at servers that mean harm, and at those that offer what few do. */
import { afterEach, describe, expect, test } from "bun:test";
import type { Element } from "@xmpp/xml";
import type { XmppAccount } from "../../../src/config/connections.ts";
import { openAccountStream } from "../../../src/connector/stream/account-stream.ts";
import { StreamFailure, type XmppStream } from "../../../src/connector/stream/stream.ts";
import { createStreamManagement } from "../../../src/connector/stream/stream-management.ts";
import { account, startXmppDouble, type XmppDouble, type XmppDoubleOptions } from "../xmpp-double.ts";
import { createScramServer, type ScramServer } from "./scram-server.ts";

const SASL = `xmlns="urn:ietf:params:xml:ns:xmpp-sasl"`;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const challenge = (text: string) => `<challenge ${SASL}>${base64(text)}</challenge>`;
const success = (text: string) => `<success ${SASL}>${base64(text)}</success>`;
const textOf = (message: string) => Buffer.from(/>([^<]*)</.exec(message)?.[1] ?? "", "base64").toString();

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

function double(options: XmppDoubleOptions): XmppDouble {
	const started = startXmppDouble(options);
	ends.push(() => started.stop());
	return started;
}

interface LogInOptions {
	account?: Partial<XmppAccount>;
	onStanza?(stanza: Element): void;
	deadlineMs?: number;
}

async function open(server: XmppDouble, options: LogInOptions = {}): Promise<XmppStream> {
	const stream = await openAccountStream(
		{ ...account(server.service), ...options.account },
		{
			management: createStreamManagement(undefined, { save: async () => {}, send() {}, onFault() {} }),
			onStanza(stanza, handled) {
				options.onStanza?.(stanza);
				handled();
			},
			onLife() {},
			onOpen() {},
			deadlineMs: options.deadlineMs ?? 10_000,
			signal: new AbortController().signal,
		},
	);
	ends.push(() => stream.drop());
	return stream;
}

/** @returns why there is no stream; fails if there is one */
async function failureAt(server: XmppDouble, options: LogInOptions = {}): Promise<StreamFailure> {
	const failure = await open(server, options).then(
		() => new Error("It logged in."),
		(error: unknown) => error,
	);
	if (failure instanceof StreamFailure) return failure;
	throw failure;
}

interface Lies {
	/** In place of the challenge. @param text what the client said first */
	first?(text: string, good: ScramServer): string;
	/** Says that twice. */
	twice?: boolean;
	/** In place of success. @param proof the true one */
	last?(proof: string): string;
	/** The answer to what comes after that. */
	again?(): string;
}

/** A server that knows the password, and says something else where it is told to. */
function scram(lies: Lies) {
	return (mechanism: string): XmppDoubleOptions => {
		const good = createScramServer({ mechanism, password: "secret" });
		return {
			mechanisms: [mechanism],
			onLogin(message, say) {
				const text = textOf(message);
				if (message.startsWith("<auth")) {
					const first = lies.first?.(text, good) ?? challenge(good.challenge(text));
					for (const said of lies.twice ? [first, first] : [first]) say(said);
				} else if (text === "" && lies.again) {
					say(lies.again());
				} else {
					const proof = good.success(text) ?? "";
					say(lies.last?.(proof) ?? success(proof));
				}
			},
		};
	};
}

const MECHANISMS = ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"];

describe("an account", () => {
	test.each(MECHANISMS)("logs in with %s", async (mechanism) => {
		const server = double(scram({})(mechanism));
		expect((await open(server)).resumed).toBe(false);
		expect(server.received.find((text) => text.startsWith("<auth"))).toContain(`mechanism="${mechanism}"`);
	});

	test("logs in where the server proves itself with a challenge more, before it says that we are logged in", async () => {
		const good = createScramServer({ mechanism: "SCRAM-SHA-1", password: "secret" });
		const server = double({
			mechanisms: ["SCRAM-SHA-1"],
			onLogin(message, say) {
				const text = textOf(message);
				if (message.startsWith("<auth")) say(challenge(good.challenge(text)));
				else say(text === "" ? `<success ${SASL}/>` : challenge(good.success(text) ?? ""));
			},
		});
		expect((await open(server)).resumed).toBe(false);
	});

	test("takes the best that is offered, whatever the order", async () => {
		const offered = ["PLAIN", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "X-NEW", "SCRAM-SHA-512", "SCRAM-SHA-256"];
		const server = double({ ...scram({})("SCRAM-SHA-512"), mechanisms: offered });
		await open(server);
		expect(server.received.find((text) => text.startsWith("<auth"))).toContain(`"SCRAM-SHA-512"`);
	});

	test("sends its name as SASLprep has it, and its password in UTF-8", async () => {
		const server = double({});
		await open(server, { account: { username: "p\u00fcs\u00adh", password: "\u2168 p\u0061\u0308ss" } });
		const auth = server.received.find((text) => text.startsWith("<auth")) ?? "";
		expect(textOf(auth)).toBe("\0p\u00fcsh\0\u2168 pa\u0308ss");
	});
});

/** What a server says that does not know the password, or means harm; and what is said of it. */
const LIES: [string, ReturnType<typeof scram>, RegExp][] = [
	[
		"a false signature",
		scram({ last: () => success(`v=${base64("a lie of twenty bytes")}`) }),
		/did not prove/,
	],
	["success without a signature", scram({ last: () => `<success ${SASL}/>` }), /did not prove/],
	["success with an empty signature", scram({ last: () => `<success ${SASL}>=</success>` }), /did not prove/],
	["success before we proved anything", scram({ first: () => `<success ${SASL}/>` }), /did not prove/],
	["an error in place of its signature", scram({ last: () => success("e=invalid-proof") }), /did not prove/],
	[
		"a nonce that is not ours",
		scram({ first: (text, good) => challenge(good.challenge(text).replace(/^r=./, "r=!!")) }),
		/nonce/,
	],
	[
		"our nonce and nothing behind it",
		scram({ first: (text, good) => challenge(good.challenge(text).replace(/server,/, ",")) }),
		/nonce/,
	],
	[
		"two thousand million iterations",
		scram({ first: (text, good) => challenge(good.challenge(text).replace("i=4096", "i=2000000000")) }),
		/2000000000 times/,
	],
	[
		"one iteration",
		scram({ first: (text, good) => challenge(good.challenge(text).replace("i=4096", "i=1")) }),
		/hash the password 1 times/,
	],
	[
		"iterations that are no number",
		scram({ first: (text, good) => challenge(good.challenge(text).replace("i=4096", "i=1e4")) }),
		/how often/,
	],
	[
		"no salt",
		scram({ first: (text, good) => challenge(good.challenge(text).replace(/,s=[^,]*/, "")) }),
		/salt/,
	],
	[
		"an extension that must be understood",
		scram({ first: (text, good) => challenge(`m=x,${good.challenge(text)}`) }),
		/cannot be answered/,
	],
	["an empty challenge", scram({ first: () => `<challenge ${SASL}/>` }), /cannot be answered/],
	["what is no base64", scram({ first: () => `<challenge ${SASL}>&amp;!</challenge>` }), /cannot be read/],
	["what is no UTF-8", scram({ first: () => `<challenge ${SASL}>/////w==</challenge>` }), /cannot be read/],
	[
		"80,000 commas and quotes",
		scram({
			first: (text, good) => challenge(`${good.challenge(text)}${`,"`.repeat(80_000)}`),
		}),
		/cannot be read/,
	],
	[
		"two challenges at once",
		scram({ first: (text, good) => challenge(good.challenge(text)), twice: true }),
		/out of turn/,
	],
	[
		"a signature, and then another challenge",
		scram({ last: (proof) => challenge(proof), again: () => challenge("r=x") }),
		/more than SCRAM has/,
	],
];

describe.each(MECHANISMS)("with %s", (mechanism) => {
	test.each(LIES)(
		"a server that sends %s is left, and asked again some minutes later",
		async (_, lie, said) => {
			const server = double(lie(mechanism));
			const failure = await failureAt(server);
			// Before its deadline: the loop does not wait for any of it.
			expect(failure.message).toMatch(said);
			expect(failure.kind).toBe("credentials");
			expect(server.received.filter((text) => text.includes("<bind"))).toEqual([]);
		},
	);
});

const failed = (inner: string) => `<failure ${SASL}>${inner}</failure>`;
const FEATURES = `<stream:features xmlns:stream="http://etherx.jabber.org/streams">`;
const PLAIN_OFFERED = `${FEATURES}<mechanisms ${SASL}><mechanism>PLAIN</mechanism></mechanisms></stream:features>`;

describe("before the login", () => {
	test("a server that asks for none is left: it has not shown who it is", async () => {
		const server = double({ mechanisms: [], onLogin() {} });
		const failure = await failureAt(server);
		expect(failure.message).toStartWith("The server offers no way to log in that is known here");
		expect(failure.kind).toBe("credentials");
		expect(server.received.filter((text) => text.includes("<bind"))).toEqual([]);
	});

	test("a server that offers a session at once, without one, is left", async () => {
		const server = double({ features: `<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>` });
		expect((await failureAt(server)).message).toContain("offers no way to log in");
		expect(server.received.filter((text) => text.includes("<bind"))).toEqual([]);
	});

	test("no stanza is anybody's", async () => {
		const seen: string[] = [];
		const ping = (id: string) =>
			`<iq xmlns="jabber:client" type="get" id="${id}" from="x"><ping xmlns="urn:xmpp:ping"/></iq>`;
		const server = double({
			onLogin(_, say) {
				say(ping("before"));
				say(`<success ${SASL}/>`);
			},
		});
		await open(server, { onStanza: ({ attrs }) => void seen.push(attrs.id) });
		server.send(ping("after"));
		while (seen.length === 0) await Bun.sleep(1);
		expect(seen).toEqual(["after"]);
	});

	test("a conflict takes no address from us: whoever says so has not shown who it is", async () => {
		const server = double({
			onLogin: (_, say) =>
				say(
					`<stream:error xmlns:stream="http://etherx.jabber.org/streams"><conflict xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>`,
				),
		});
		const failure = await failureAt(server);
		expect(failure.kind).toBe("other");
		expect(failure.message).toContain("conflict");
	});

	test.each([
		["a second offer", PLAIN_OFFERED],
		["success twice", `<success ${SASL}/>`],
	])("a server that speaks out of turn is left: %s", async (_, said) => {
		const good = createScramServer({ mechanism: "SCRAM-SHA-1", password: "secret" });
		const server = double({
			mechanisms: ["SCRAM-SHA-1"],
			onLogin(message, say) {
				if (!message.startsWith("<auth")) return;
				say(challenge(good.challenge(textOf(message))));
				say(said);
			},
		});
		const failure = await failureAt(server);
		expect(failure.message).toContain("out of turn");
		expect(failure.kind).toBe("credentials");
	});
});

describe("the reason why a login failed", () => {
	const at = (inner: string) => failureAt(double({ onLogin: (_, say) => say(failed(inner)) }));

	test.each([
		[
			"<not-authorized/>",
			"credentials",
			"The server refused push@localhost: XMPP_USERNAME or XMPP_PASSWORD is wrong, or there is no such account.",
		],
		["<account-disabled/>", "credentials", "The account push@localhost is disabled."],
		[
			"<temporary-auth-failure/><text>later</text>",
			"other",
			"The server refused the login: temporary-auth-failure (later).",
		],
		["<credentials-expired/>", "credentials", "The server refused the login: credentials-expired."],
		["", "credentials", "The server refused the login: it does not say why."],
	] as const)("%s", async (inner, kind, message) => {
		expect(await at(inner)).toMatchObject({ kind, message });
	});

	test("repeats no password, nor what it was sent in, though the server does", async () => {
		const password = "correct horse battery staple";
		const server = double({
			onLogin: (message, say) =>
				say(
					failed(
						`<malformed-request/><text>${textOf(message).replaceAll("\0", "|")} ${message.replaceAll(/[<>]/g, "|")}</text>`,
					),
				),
		});
		const { message } = await failureAt(server, { account: { password } });
		expect(message).toContain("malformed-request");
		expect(message).not.toContain("horse");
		expect(message).not.toContain(base64(`\0push\0${password}`).slice(0, 16));
		const other = double({
			onLogin: (sent, say) =>
				say(
					`<stream:error xmlns:stream="http://etherx.jabber.org/streams"><bad-format xmlns="urn:ietf:params:xml:ns:xmpp-streams"/><text xmlns="urn:ietf:params:xml:ns:xmpp-streams">${password} ${textOf(sent).replaceAll("\0", " ")}</text></stream:error>`,
				),
		});
		expect((await failureAt(other, { account: { password } })).message).not.toContain("horse");
	});

	test("names what the server offers", async () => {
		const server = double({ mechanisms: ["SCRAM-SHA-512-PLUS", "EXTERNAL"] });
		expect((await failureAt(server)).message).toBe(
			"The server offers only SCRAM-SHA-512-PLUS and EXTERNAL: needed is one of SCRAM-SHA-512, SCRAM-SHA-256, SCRAM-SHA-1 or, over wss://, PLAIN.",
		);
	});

	test("names the setting whose value no server can have", async () => {
		const server = double(scram({})("SCRAM-SHA-1"));
		const failure = await failureAt(server, { account: { password: "hush\thush" } });
		expect(failure.message).toEndWith("Change XMPP_PASSWORD.");
		expect(failure.message).not.toContain("hush");
		expect(server.received.filter((text) => text.startsWith("<auth"))).toEqual([]);
	});

	test("says what a false signature means", async () => {
		const server = double(scram({ last: () => success("v=QUFB") })("SCRAM-SHA-256"));
		expect((await failureAt(server)).message).toBe(
			"The server did not prove that it knows the password: somebody else may answer in its place. push@localhost does not use it. Check that XMPP_SERVICE leads to your own server, over wss://.",
		);
	});
});

describe("a server that says nothing more is left at the one deadline of the whole login", () => {
	const good = createScramServer({ mechanism: "SCRAM-SHA-1", password: "secret" });
	const SILENT: Record<string, XmppDoubleOptions> = {
		"after <auth/>": { onLogin() {} },
		"after its challenge": {
			mechanisms: ["SCRAM-SHA-1"],
			onLogin: (message, say) =>
				message.startsWith("<auth") && say(challenge(good.challenge(textOf(message)))),
		},
		"after success": { silentAfterLogin: true },
	};

	test.each(Object.entries(SILENT))("%s", async (_, options) => {
		const startedAt = performance.now();
		const failure = await failureAt(double(options), { deadlineMs: 300 });
		expect(failure.message).toContain("did not answer within 0.3 s");
		expect(performance.now() - startedAt).toBeGreaterThanOrEqual(290);
	});
});
