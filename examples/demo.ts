/**
 * `bun run demo`: the main job on this machine, with real parts. A real Prosody, two accounts, Reveille on its
 * defaults, and a device that sleeps; a message to its owner becomes a push that the device decrypts.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { startFirefox } from "../test/peers/firefox.ts";
import { ensurePeers } from "../test/peers/install.ts";
import { MissingPeer } from "../test/peers/missing-peer.ts";
import { startProsody } from "../test/peers/prosody.ts";
import { startReveille } from "../test/peers/reveille.ts";
import { type DoubledService, SERVICES, startServiceDouble } from "../test/peers/service-double.ts";
import { connectUser } from "../test/peers/user.ts";
import { startWebPushServer } from "../test/peers/web-push-server.ts";

const HELP = `Shows a message waking a sleeping app, end to end, on this machine only.

Usage: npx --yes bun@1.4.5 run demo [--firefox] [--service webpush|apns|fcm|ubuntu|wns] [--binary dist/reveille]

  --firefox  the device is a real, headless Firefox, whose service worker decrypts the push
  --service  through which push service: a double of it, with its real protocol and rules (webpush)
  --binary   Reveille is this compiled binary, alone: in an empty environment, without Bun and Node
  --help     this text

It starts a real Prosody (Debian's package; installed first if you are root) and removes all it made.`;

/** What a device of any kind can do. */
interface Device {
	/** Settings that Reveille needs for it. */
	settings: Record<string, string>;
	/** What it registers with. */
	registration(vapidPublicKey: string): Promise<object>;
	/** The next notification, as the device reads it. */
	notification(): Promise<string>;
	close(): Promise<void>;
}

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
		notification: () => firefox.waitForDecrypted(30_000),
		async close() {
			await firefox.close();
			await pushService.stop();
		},
	};
}

/** A device that is nothing but its token or keys, at a double of its push service. */
async function simpleDevice(service: DoubledService): Promise<Device> {
	const double = await startServiceDouble(service);
	return {
		settings: double.settings,
		registration: async (key) => ({ app: double.app, ...double.device(key) }),
		async notification() {
			const { content, details } = await double.arrived();
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

async function demo({ firefox: useFirefox, service, binary }: Options): Promise<void> {
	const cleanups: (() => unknown)[] = [];
	const cleanUp = <T>(thing: T, end: (thing: T) => unknown): T => {
		cleanups.push(() => end(thing));
		return thing;
	};
	try {
		await ensurePeers(useFirefox ? ["prosody", "firefox"] : ["prosody"], say);
		const server = cleanUp(
			await startProsody({ pushWith: { body: true, sender: true }, limits: "stock" }),
			(prosody) => prosody.stop(),
		);
		await server.addUsers(["push", "juliet", "romeo"], "secret");
		say(
			`A real Prosody serves ${server.host}, with mod_cloud_notify set to publish sender and text.`,
			`accounts: juliet, romeo, and an ordinary one for Reveille: push`,
		);

		const device = cleanUp(useFirefox ? await firefoxDevice() : await simpleDevice(service), (one) =>
			one.close(),
		);
		const how = { server, settings: device.settings, ...(binary && { command: alone(binary) }) };
		const reveille = cleanUp(await startReveille(how), (process) => process.stop());
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
			connectUser({ service: server.websocketUrl, domain: server.host, username, password: "secret" });
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
		const notification = await device.notification();
		const took = Math.round(performance.now() - sentAt);
		say(`${useFirefox ? "Firefox's service worker decrypted" : "The device reads"}:`, notification);
		say(`From Juliet's message to the notification: ${took} ms.`);
	} finally {
		for (const end of cleanups.reverse()) await end();
	}
	say(
		"Everything that was started has ended, and nothing is left behind.",
		"",
		"Next: run it for yourself, with an account on your own server. docs/first-steps.md goes on from here.",
		"  export XMPP_SERVICE=wss://example.net:5281/xmpp-websocket XMPP_USERNAME=push XMPP_PASSWORD=…",
		"  npx --yes bun@1.4.5 run start",
	);
}

interface Options {
	firefox: boolean;
	service: DoubledService;
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
				service: { type: "string" },
			},
		});
		const { binary, firefox = false, help = false } = values;
		const service = SERVICES.find((one) => one === (values.service ?? "webpush"));
		if (!service) throw new Error(`There is no service ${values.service}.`);
		if (firefox && service !== "webpush") throw new Error("A Firefox is woken through Web Push.");
		if (binary && !existsSync(binary))
			throw new Error(`There is no ${binary}: bun run build makes dist/reveille.`);
		return { binary, firefox, help, service };
	} catch (error) {
		console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
		process.exit(2);
	}
}

process.once("SIGINT", () => {
	console.log("\nStopped: everything that was started is ended and removed.");
	process.exit(130);
});

const { help, ...wanted } = options();
if (help) {
	console.log(HELP);
	process.exit(0);
}
try {
	await demo(wanted);
} catch (error) {
	if (!(error instanceof MissingPeer)) throw error;
	console.error(error.message);
	process.exit(1);
}
