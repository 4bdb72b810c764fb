/**
 * An XMPP server for load: whoever connects as a component, or logs in over WebSocket, is sent publishes, either as
 * many as it answers (a window is kept full) or so many a second. Says what became of them as one line of JSON.
 *
 * Arguments: JSON of {@link PublisherOptions}. Its first line of output is its address; then it waits for who
 * connects, warms them up, and measures.
 */
import { readFileSync } from "node:fs";
import type { Socket, TCPSocketListener } from "bun";
import { quantile } from "../measured-process.ts";
import { ACCOUNT, COMPONENT, SERVER } from "./names.ts";

export interface PublisherOptions {
	transport: "component" | "websocket";
	/** A file of lines `node secret`: who is published to, in turn. */
	targets: string;
	/** As many as this on their way at once. */
	window: number;
	/** Publishes a second; undefined: as many as are answered. */
	rate?: number;
	warmSeconds: number;
	seconds: number;
	/** Publishes to one target in a row, for a load that the throttle sees. */
	repeat?: number;
}

/** The last line of its output. */
export interface PublisherResult {
	/** Answers a second while it measured. */
	rate: number;
	/** Publish to answer, ms. */
	p50: number;
	p99: number;
	/** Answers of any kind but `result`. */
	errors: number;
	/** The first of them. */
	firstError?: string;
	/** Publishes without an answer 5 s after the end. */
	unanswered: number;
	/** When it measured, ms since the epoch: others take their own measures between these. */
	from: number;
	to: number;
}

const PATIENCE_MS = 5_000;
const TICK_MS = 1;

const options = JSON.parse(process.argv[2] ?? "{}") as PublisherOptions;
const isComponent = options.transport === "component";
const to = isComponent ? COMPONENT : ACCOUNT;
const publishes = readFileSync(options.targets, "utf8").trim().split("\n").map(publishOf);
const repeat = options.repeat ?? 1;

/** @returns what comes before and after the id. */
function publishOf(line: string): readonly [string, string] {
	const [node, secret] = line.split(" ");
	return [
		`<iq${isComponent ? "" : " xmlns='jabber:client'"} type='set' from='${SERVER}' to='${to}' id='`,
		`'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='${node}'><item><notification xmlns='urn:xmpp:push:0'><x type='form' xmlns='jabber:x:data'><field type='hidden' var='FORM_TYPE'><value>urn:xmpp:push:summary</value></field><field type='text-single' var='message-count'><value>1</value></field><field type='text-single' var='pending-subscription-count'/><field type='jid-single' var='last-message-sender'/><field type='text-single' var='last-message-body'><value>New Message!</value></field></x></notification></item></publish><publish-options><x type='submit' xmlns='jabber:x:data'><field type='hidden' var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var='secret'><value>${secret}</value></field></x></publish-options></pubsub></iq>`,
	];
}

/** What the load needs of a connection. */
interface Line {
	/** @returns false if it must wait for `drained` */
	write(texts: string[]): void;
}

let line: Line | undefined;
let sent = 0;
let isMeasuring = false;
let answered = 0;
let errors = 0;
let firstError: string | undefined;
const sentAt = new Map<number, number>();
const latencies: number[] = [];
let settled: (() => void) | undefined;

function nextPublish(): string {
	const number = sent++;
	const [before, after] = publishes[Math.floor(number / repeat) % publishes.length] ?? ["", ""];
	sentAt.set(number, performance.now());
	return before + number + after;
}

function publish(count: number) {
	if (count > 0) line?.write(Array.from({ length: count }, nextPublish));
}

/** Everything that an answer says here is in its first tag. */
function onAnswers(text: string) {
	const now = performance.now();
	let found = 0;
	for (const [tag] of text.matchAll(/<iq [^>]*>/g)) {
		const id = Number(/ id=["'](\d+)["']/.exec(tag)?.[1] ?? Number.NaN);
		const at = sentAt.get(id);
		if (at === undefined) continue;
		sentAt.delete(id);
		found++;
		if (!/ type=["']result["']/.test(tag)) {
			errors++;
			firstError ??= text.slice(0, 600);
		}
		if (isMeasuring) {
			answered++;
			latencies.push(now - at);
		}
	}
	if (isPublishing && options.rate === undefined) publish(Math.min(found, options.window - sentAt.size));
	if (sentAt.size === 0) settled?.();
}

let isPublishing = false;

async function measure() {
	isPublishing = true;
	const startedAt = performance.now();
	let due = 0;
	const { rate } = options;
	const timer =
		rate === undefined
			? undefined
			: setInterval(() => {
					const wanted = Math.floor(((performance.now() - startedAt) / 1000) * rate);
					publish(wanted - due);
					due = wanted;
				}, TICK_MS);
	if (rate === undefined) publish(options.window);
	await Bun.sleep(options.warmSeconds * 1000);
	isMeasuring = true;
	const from = Date.now();
	const began = performance.now();
	await Bun.sleep(options.seconds * 1000);
	isMeasuring = false;
	const elapsed = (performance.now() - began) / 1000;
	const until = Date.now();
	isPublishing = false;
	clearInterval(timer);
	if (sentAt.size > 0) {
		await Promise.race([
			new Promise<void>((resolve) => {
				settled = resolve;
			}),
			Bun.sleep(PATIENCE_MS),
		]);
	}
	latencies.sort((a, b) => a - b);
	const result: PublisherResult = {
		...{ rate: answered / elapsed, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), errors },
		...(firstError !== undefined && { firstError }),
		...{ unanswered: sentAt.size, from, to: until },
	};
	console.log(JSON.stringify(result));
	process.exit(0);
}

function startComponent(): string {
	const pending: Uint8Array[] = [];
	const encoder = new TextEncoder();
	const decoder = new TextDecoder();
	let rest = "";
	const flush = (socket: Socket) => {
		while (pending.length > 0) {
			const [first] = pending;
			if (!first) return;
			const written = socket.write(first);
			if (written < first.length) {
				pending[0] = first.subarray(Math.max(written, 0));
				return;
			}
			pending.shift();
		}
	};
	const listener: TCPSocketListener = Bun.listen({
		...{ hostname: "127.0.0.1", port: 0 },
		socket: {
			drain: flush,
			data(socket, data) {
				const text = rest + decoder.decode(data, { stream: true });
				if (!line) {
					if (text.includes("<stream:stream") && !text.includes("<handshake"))
						socket.write(
							`<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' from='${COMPONENT}' id='1'>`,
						);
					if (!text.includes("</handshake>")) return;
					socket.write("<handshake/>");
					line = {
						write(texts) {
							pending.push(encoder.encode(texts.join("")));
							flush(socket);
						},
					};
					void measure();
					return;
				}
				// Only whole tags.
				const end = text.lastIndexOf(">") + 1;
				rest = text.slice(end);
				onAnswers(text.slice(0, end));
			},
		},
	});
	return `xmpp://127.0.0.1:${listener.port}`;
}

function startWebSocket(): string {
	const SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
	const BIND = "urn:ietf:params:xml:ns:xmpp-bind";
	const SM = "urn:xmpp:sm:3";
	const features = (inner: string) =>
		`<stream:features xmlns:stream="http://etherx.jabber.org/streams">${inner}</stream:features>`;
	let isKnown = false;
	const server = Bun.serve<undefined>({
		...{ hostname: "127.0.0.1", port: 0 },
		fetch: (request, self) =>
			self.upgrade(request, { headers: { "Sec-WebSocket-Protocol": "xmpp" }, data: undefined })
				? undefined
				: new Response(null, { status: 400 }),
		websocket: {
			data: undefined,
			message(link, message) {
				const text = String(message);
				if (line && text.startsWith("<iq")) return onAnswers(text);
				if (text.startsWith("<open")) {
					link.send(
						`<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" from="example.org" id="1" version="1.0"/>`,
					);
					link.send(
						isKnown
							? features(`<bind xmlns="${BIND}"/><sm xmlns="${SM}"/>`)
							: features(`<mechanisms xmlns="${SASL}"><mechanism>PLAIN</mechanism></mechanisms>`),
					);
				} else if (text.startsWith("<auth")) {
					isKnown = true;
					link.send(`<success xmlns="${SASL}"/>`);
				} else if (text.includes(BIND)) {
					const id = /id="([^"]+)"/.exec(text)?.[1];
					link.send(`<iq type="result" id="${id}"><bind xmlns="${BIND}"><jid>${ACCOUNT}</jid></bind></iq>`);
				} else if (text.startsWith("<enable")) {
					link.send(`<enabled xmlns="${SM}" id="session" resume="true"/>`);
					line = {
						write(texts) {
							for (const publish of texts) link.send(publish);
						},
					};
					void measure();
				} else if (text.startsWith("<r")) {
					link.send(`<a xmlns="${SM}" h="${sent}"/>`);
				}
			},
		},
	});
	return `ws://127.0.0.1:${server.port}/`;
}

console.log(isComponent ? startComponent() : startWebSocket());
