/** Reveille itself, as its users run it: a process of its own, known by its settings, its HTTP and its log. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { settingNames } from "../../src/config/settings.ts";
import { type Child, startChild } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { PATIENCE_MS } from "./patience.ts";
import { freePort } from "./ports.ts";
import type { PushAddress } from "./user.ts";
import type { SubscriptionJson } from "./web-push-device.ts";
import type { XmppServer } from "./xmpp-server.ts";

/** What its user chooses. */
export interface ReveilleOptions {
	/** The server whose account it uses; it must have that account. Default: XMPP is not configured. */
	server?: XmppServer;
	username?: string;
	password?: string;
	/** Further environment variables; `undefined` removes one. */
	settings?: Record<string, string | undefined>;
	/** What runs it with these environment variables. Default: this Bun, from the sources. */
	command?(settings: Record<string, string | undefined>): string[];
}

/** What the JSON API answers to a device that registers. */
export interface Registered extends PushAddress {
	/** For the user's server. */
	secret: string;
	/** For the device alone. */
	deviceSecret: string;
}

/** A Reveille with a data folder of its own, started and stopped at will. */
export interface Reveille {
	readonly url: string;
	readonly dataFolder: string;
	readonly logPath: string;
	/** The token that registering over HTTP asks for, which its first start showed. */
	registrationToken(): string;
	/** What `GET /services` gives a browser to subscribe with. */
	vapidPublicKey(): Promise<string>;
	/** @param token default: the generated one */
	register(subscription: SubscriptionJson, token?: string): Promise<Registered>;
	/** The same for a device of any service. @param body as `POST /registrations` takes it */
	registerDevice(body: object, token?: string): Promise<Registered>;
	/** A request to the JSON API, with the registration's device secret. */
	api(method: string, path: string, deviceSecret: string, body?: unknown): Promise<Response>;
	/** Starts it again, and waits for the same. */
	start(): Promise<void>;
	/** SIGTERM; resolves when it has ended. */
	halt(): Promise<void>;
	/** SIGKILL, as a crash would. */
	kill9(): Promise<void>;
	/** Ends it and removes its folder. */
	stop(): Promise<void>;
	/** The process, while it runs. */
	pid(): number;
	log(): string;
	/** Resolves when the log says this (again, if it has before the latest start). @throws at the deadline */
	untilLogged(text: string, timeoutMs?: number): Promise<void>;
	/** Resolves when `/ready` says so. @throws at the deadline, with the log's end */
	untilReady(timeoutMs?: number): Promise<void>;
}

/** Whoever types the command may have settings of their own Reveille around: none of them is for this one. */
const NONE = Object.fromEntries(settingNames.map((name) => [name, undefined]));

/** Where the program is. */
const ROOT = join(import.meta.dir, "../../");

/**
 * Starts Reveille against loopback peers.
 * @param until what to wait for: by default that it is ready, if it has an account
 */
export async function startReveille(
	options: ReveilleOptions = {},
	until: "ready" | "health" = options.server ? "ready" : "health",
): Promise<Reveille> {
	const { server, username = "push", password = "secret", settings } = options;
	const { command = () => [process.execPath, "src/main.ts"] } = options;
	const folder = temporaryFolder("reveille");
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const dataFolder = settings?.DATA_DIR ?? join(folder.path, "data");
	const logPath = join(folder.path, "reveille.log");
	let child: Child | undefined;

	const log = () => readFileSync(logPath, { encoding: "utf8", flag: "a+" });
	let loggedBefore = 0;
	let registered = 0;
	const start = async () => {
		loggedBefore = log().length;
		const env = {
			PORT: String(port),
			DATA_DIR: dataFolder,
			WEBPUSH_ALLOW_PRIVATE: "true",
			WNS_ALLOW_PRIVATE: "true",
			LOG_LEVEL: "debug",
			TRUSTED_PROXIES: "127.0.0.1",
			...(server && {
				XMPP_SERVICE: server.websocketUrl,
				XMPP_DOMAIN: server.host,
				XMPP_USERNAME: username,
				XMPP_PASSWORD: password,
			}),
			...settings,
		};
		child = startChild({ command: command(env), logPath, cwd: ROOT, env: { ...NONE, ...env } });
		await child.ready(async () => (await fetch(`${url}/${until}`)).ok);
	};

	const registrationToken = () => {
		// Of a database that was made anew the latest.
		const shown = [...log().matchAll(/with this registration token, .*\n +(\S{43})\n/g)].at(-1)?.[1];
		if (shown === undefined) throw new Error("it has shown no registration token");
		return shown;
	};

	async function registerDevice(body: object, token = registrationToken()) {
		const answer = await fetch(`${url}/api/v1/registrations`, {
			method: "POST",
			headers: {
				"Content-Type": "application/json",
				Authorization: `Bearer ${token}`,
				// Devices come from all over the world: the limits are per network.
				"X-Forwarded-For": `2001:db8:${(registered++).toString(16)}::1`,
			},
			body: JSON.stringify(body),
		});
		if (answer.status !== 201) throw new Error(`registering: ${answer.status} ${await answer.text()}`);
		return (await answer.json()) as Registered;
	}

	try {
		await start();
	} catch (error) {
		await child?.kill9();
		folder.remove();
		throw error;
	}

	return {
		url,
		dataFolder,
		logPath,
		registrationToken,
		async vapidPublicKey() {
			const answer = await fetch(`${url}/api/v1/services`);
			const { apps } = (await answer.json()) as { apps: { vapidPublicKey?: string }[] };
			return apps.find((app) => app.vapidPublicKey !== undefined)?.vapidPublicKey ?? "";
		},
		register: (subscription, token) => registerDevice({ subscription }, token),
		registerDevice,
		api: (method, path, deviceSecret, body) =>
			fetch(`${url}/api/v1${path}`, {
				method,
				headers: { "Content-Type": "application/json", Authorization: `Bearer ${deviceSecret}` },
				...(body === undefined ? {} : { body: JSON.stringify(body) }),
			}),
		start,
		halt: async () => child?.stop(),
		kill9: async () => child?.kill9(),
		pid: () => child?.pid ?? 0,
		log,
		untilLogged: async (text, timeoutMs = PATIENCE_MS) =>
			child?.ready(() => log().slice(loggedBefore).includes(text), timeoutMs),
		untilReady: async (timeoutMs = 30_000) =>
			child?.ready(async () => (await fetch(`${url}/ready`)).ok, timeoutMs),
		async stop() {
			await child?.stop();
			folder.remove();
		},
	};
}
