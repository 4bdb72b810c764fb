/**
 * `bun run demo`: the main job on this machine, with real parts. A real Prosody, two accounts, Reveille on its
 * defaults, and a device that sleeps; a message to its owner becomes a push that the device decrypts.
 */
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { ServiceName } from "../src/types.ts";
import { startFirefox } from "../test/peers/firefox.ts";
import { ensurePeers } from "../test/peers/install.ts";
import { MissingPeer } from "../test/peers/missing-peer.ts";
import { startProsody } from "../test/peers/prosody.ts";
import { type Reveille, startReveille } from "../test/peers/reveille.ts";
import { SERVICES, startServiceDouble } from "../test/peers/service-double.ts";
import { connectUser, type User } from "../test/peers/user.ts";
import { startWebPushServer } from "../test/peers/web-push-server.ts";
import type { XmppServer } from "../test/peers/xmpp-server.ts";

const HELP = `Shows a message waking a sleeping app, end to end, on this machine only.

Usage: npx --yes bun@1.4.5 run demo [--keep] [--firefox] [--service ${SERVICES.join("|")}] [--binary dist/reveille]

  --keep     all of it stays until Ctrl-C, with its addresses, for trying things out
  --firefox  the device is a real, headless Firefox, whose service worker decrypts the push
  --service  through which push service: a double of it, with its real protocol and rules (webpush)
  --binary   Reveille is this compiled binary, alone: in an empty environment, without Bun and Node
  --help     this text

It starts a real Prosody and removes all it made. If you are root and Prosody is missing, it installs Debian's package,
which stays; its service is not started, now or at boot.`;

/** What a device of any kind can do. */
interface Device {
	/** Settings that Reveille needs for it. */
	settings: Record<string, string>;
	/** What it registers with. */
	registration(vapidPublicKey: string): Promise<object>;
	/** The next notification, as the device reads it. @throws at the deadline */
	notification(timeoutMs: number): Promise<string>;
	close(): Promise<void>;
}

/** How long the push of the demo may take, ms. */
const PATIENCE_MS = 30_000;
/** The longest that a timer can wait, ms: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

const PASSWORD = "secret";

const startedAt = performance.now();

function say(sentence: string, ...details: string[]) {
	const seconds = ((performance.now() - startedAt) / 1000).toFixed(2);
	console.log(`${seconds.padStart(7)} s  ${sentence}`);
	for (const detail of details) console.log(`            ${detail}`);
}

async function firefoxDevice(): Promise<Device> {
	const pushService = startWebPushServer();
	const firefox = await startFirefox({ pushServerUrl: pushService.browserUrl });
	say(`${firefox.version} runs headless, with a page and its service worker.`);
	return {
		settings: {},
		registration: async (key) => ({ app: "webpush", subscription: await firefox.subscribe(key) }),
		notification: (timeoutMs) => firefox.waitForDecrypted(timeoutMs),
		async close() {
			await firefox.close();
			await pushService.stop();
		},
	};
}

/** A device that is nothing but its token or keys, at a double of its push service. */
async function simpleDevice(service: ServiceName): Promise<Device> {
	const double = await startServiceDouble(service);
	return {
		settings: double.settings,
		registration: async (key) => ({ app: double.app, ...double.device(key) }),
		async notification(timeoutMs) {
			const { content, details } = await double.arrived(timeoutMs);
			say(`The push service (${service}) got it.`, details);
			return content;
		},
		close: () => double.stop(),
	};
}

/** Runs a program with nothing from here but what it is given. */
const alone =
	(program: string) =>
	(settings: Record<string, string | undefined>): string[] => {
		const given = Object.entries(settings).flatMap(([name, value]) =>
			value === undefined ? [] : [`${name}=${value}`],
		);
		return ["env", "-i", "-C", "/", "PATH=/nonexistent", ...given, resolve(program)];
	};

/** Everything that the scene started, to be ended in the opposite order. */
interface Started {
	/** Keeps it, and how it ends. */
	<T>(thing: T, end: (thing: T) => unknown): T;
	end(): Promise<void>;
}

function createStarted(): Started {
	const ends: (() => unknown)[] = [];
	const keep = <T>(thing: T, end: (thing: T) => unknown): T => {
		ends.push(() => end(thing));
		return thing;
	};
	return Object.assign(keep, {
		async end() {
			for (const end of ends.splice(0).reverse()) await end();
		},
	});
}

/** What stands when the first message has woken Romeo. */
interface Stage {
	server: XmppServer;
	reveille: Reveille;
	device: Device;
	romeo: User;
	juliet: User;
}

async function firstMessage({ firefox, service, binary }: Options, started: Started): Promise<Stage> {
	const server = started(
		await startProsody({ pushWith: { body: true, sender: true }, limits: "stock" }),
		(prosody) => prosody.stop(),
	);
	await server.addUsers(["push", "juliet", "romeo"], PASSWORD);
	say(
		`A real Prosody serves ${server.host}, with mod_cloud_notify set to publish sender and text.`,
		`accounts: juliet, romeo, and an ordinary one for Reveille: push`,
	);

	const device = started(firefox ? await firefoxDevice() : await simpleDevice(service), (one) => one.close());
	const how = { server, settings: device.settings, ...(binary && { command: alone(binary) }) };
	const reveille = started(await startReveille(how), (process) => process.stop());
	say(
		`Reveille${binary ? `, which is ${binary} and nothing else,` : ""} is online as push@${server.host}/push, over WebSocket.`,
		`its HTTP API: ${reveille.url}/docs`,
	);

	const registration = await device.registration(await reveille.vapidPublicKey());
	const address = await reveille.registerDevice(registration);
	say(
		"Romeo's device gets its token from its push service and registers at Reveille.",
		`it may now be woken by a publish to ${address.jid}, node ${address.node}`,
		"node and secret are for his server, which may publish with them; the device keeps the device secret",
	);

	const login = (username: string) =>
		connectUser({ service: server.websocketUrl, domain: server.host, username, password: PASSWORD });
	const romeo = await login("romeo");
	await romeo.online();
	await romeo.enablePush(address);
	say("Romeo's app enables push at his server (XEP-0357).");
	await romeo.goOffline();
	say("Romeo's app goes to sleep: he is offline.");

	const juliet = await login("juliet");
	const sentAt = performance.now();
	await juliet.sendMessage(romeo.bareJid, "Art thou not Romeo?");
	say(
		"Juliet writes: Art thou not Romeo?",
		"his server keeps the message, and publishes to Reveille, which pushes",
	);
	const notification = await device.notification(PATIENCE_MS);
	const took = Math.round(performance.now() - sentAt);
	say(`${firefox ? "Firefox's service worker decrypted" : "The device reads"}:`, notification);
	say(`From Juliet's message to the notification: ${took} ms.`);
	return { server, reveille, device, romeo, juliet };
}

/** Shows each further notification; what is typed is Juliet's next message. Never resolves. */
async function keep({ server, reveille, device, romeo, juliet }: Stage): Promise<never> {
	const { url } = reveille;
	say(
		"Everything goes on until Ctrl-C.",
		`Reveille       ${url}/docs; its log: ${reveille.logPath}`,
		`registering    with the token ${reveille.registrationToken()}`,
		`XMPP server    ${server.host}, at ${server.websocketUrl} or 127.0.0.1:${server.ports.c2s}, without TLS`,
		`               its log: ${server.logPath}`,
		`accounts       ${["juliet", "romeo", "push"].map((name) => `${name}@${server.host}`).join(", ")}; password: ${PASSWORD}`,
		"",
		"What to try:",
		`  type a line: Juliet writes it to Romeo, and his device shows it`,
		`  log in as juliet with an XMPP client, and write to ${romeo.bareJid}: he sleeps on, so each message is a push`,
		`  curl ${url}/api/v1/services    # what devices can register for`,
		`  curl ${url}/ready`,
	);
	const showAll = async () => {
		for (;;) say("The device reads:", await device.notification(LONGEST_MS));
	};
	const writeAll = async () => {
		for await (const line of console) {
			if (line.trim() !== "") await juliet.sendMessage(romeo.bareJid, line.trim());
		}
	};
	await Promise.all([showAll(), writeAll()]);
	throw new Error("no more pushes are waited for");
}

async function demo(options: Options, interruption: Interruption): Promise<void> {
	const started = createStarted();
	const installed = await ensurePeers(options.firefox ? ["prosody", "firefox"] : ["prosody"], say);
	const scene = async () => {
		const stage = await firstMessage(options, started);
		if (options.keep) await keep(stage);
	};
	try {
		await Promise.race([scene(), interruption.came]);
	} finally {
		await started.end();
	}
	say(
		installed.length === 0
			? "Everything that was started has ended, and nothing is left behind."
			: `Everything that was started has ended. Installed, and still there: ${installed.join(", ")}.`,
	);
	if (interruption.signal() !== undefined) return;
	say(
		"Next: run it for yourself, with an account on your own server. docs/first-steps.md goes on from here.",
		"  export XMPP_SERVICE=wss://example.net:5281/xmpp-websocket XMPP_USERNAME=push XMPP_PASSWORD=…",
		"  npx --yes bun@1.4.5 run start",
	);
}

interface Options {
	/** Stay until Ctrl-C. */
	keep: boolean;
	firefox: boolean;
	service: ServiceName;
	/** The compiled binary to run in place of the sources. */
	binary?: string | undefined;
}

/** What was asked for; anything else ends with the usage. */
function options(): Options & { help: boolean } {
	try {
		const { values } = parseArgs({
			options: {
				binary: { type: "string" },
				firefox: { type: "boolean" },
				help: { type: "boolean", short: "h" },
				keep: { type: "boolean" },
				service: { type: "string" },
			},
		});
		const { binary, firefox = false, help = false, keep = false } = values;
		const service = SERVICES.find((one) => one === (values.service ?? "webpush"));
		if (!service) throw new Error(`There is no service ${values.service}.`);
		if (firefox && service !== "webpush") throw new Error("A Firefox is woken through Web Push.");
		if (binary && !existsSync(binary))
			throw new Error(`There is no ${binary}: bun run build makes dist/reveille.`);
		return { binary, firefox, help, keep, service };
	} catch (error) {
		console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
		process.exit(2);
	}
}

/** Ctrl-C, or another signal that asks for the end. */
interface Interruption {
	came: Promise<void>;
	/** Which it was; undefined: none has come. */
	signal(): NodeJS.Signals | undefined;
}

/** Ctrl-C comes from the terminal, and once more from `bun run` or npx: within this time, ms, it is the same one. */
const SAME_MS = 500;

/** The first one has all that was started ended in order; at another one it is killed. */
function interruptions(): Interruption {
	const came = Promise.withResolvers<void>();
	let first: NodeJS.Signals | undefined;
	let firstAt = 0;
	for (const name of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
		process.on(name, () => {
			if (first !== undefined) {
				if (performance.now() - firstAt > SAME_MS) process.exit(128 + constants.signals[name]);
				return;
			}
			first = name;
			firstAt = performance.now();
			say("Asked to stop: what was started is ended and removed.");
			came.resolve();
		});
	}
	return { came: came.promise, signal: () => first };
}

const { help, ...wanted } = options();
if (help) {
	console.log(HELP);
	process.exit(0);
}
const interruption = interruptions();
try {
	await demo(wanted, interruption);
} catch (error) {
	if (!(error instanceof MissingPeer)) throw error;
	console.error(error.message);
	process.exit(1);
}
const signal = interruption.signal();
// Ctrl-C is how `--keep` is meant to end.
process.exit(signal === undefined || wanted.keep ? 0 : 128 + constants.signals[signal]);
