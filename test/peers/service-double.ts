/**
 * Each push service's double as a device sees it: what Reveille must be set to, what the device registers with, and
 * what arrives there. For the demo, and for the chain through real servers.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startApnsServer } from "./apns-server.ts";
import { startFcmServer } from "./fcm-server.ts";
import { temporaryFolder } from "./folder.ts";
import { startUbuntuPushServer } from "./ubuntu-push-server.ts";
import { startWebPushServer } from "./web-push-server.ts";
import { startWnsServer } from "./wns-server.ts";

export const SERVICES = ["webpush", "apns", "fcm", "ubuntu", "wns"] as const;
export type DoubledService = (typeof SERVICES)[number];

/** What came to the device. */
export interface Arrived {
	/** As the device reads it. */
	content: string;
	/** What the provider was told beside the content, for people. */
	details: string;
}

export interface ServiceDouble {
	/** Environment variables for Reveille. */
	readonly settings: Record<string, string>;
	/** The app to register with. */
	readonly app: string;
	/** The body of the registration beside `app`. @param vapidPublicKey of the app, for Web Push */
	device(vapidPublicKey: string): Record<string, unknown>;
	/** The next push, once it arrives. @throws at the deadline */
	arrived(timeoutMs?: number): Promise<Arrived>;
	stop(): Promise<void>;
}

export async function startServiceDouble(service: DoubledService): Promise<ServiceDouble> {
	switch (service) {
		case "webpush":
			return webpush();
		case "apns":
			return apns();
		case "fcm":
			return fcm();
		case "ubuntu":
			return ubuntu();
		case "wns":
			return wns();
	}
}

function webpush(): ServiceDouble {
	const server = startWebPushServer();
	let device: ReturnType<typeof server.createSubscription> | undefined;
	return {
		settings: {},
		app: "webpush",
		device(applicationServerKey) {
			device = server.createSubscription({ applicationServerKey });
			return { subscription: device.subscription };
		},
		async arrived(timeoutMs) {
			const { body, headers } = await server.waitForPush(undefined, timeoutMs);
			const told = ["urgency", "ttl", "topic", "content-encoding"].map(
				(name) => `${name}: ${headers.get(name)}`,
			);
			return {
				content: device?.decryptText(body) ?? "",
				details: `${body.length} encrypted bytes, ${told.join(", ")}`,
			};
		},
		stop: () => server.stop(),
	};
}

async function apns(): Promise<ServiceDouble> {
	const topic = "org.example.chat";
	const server = await startApnsServer({ topics: [topic] });
	const folder = temporaryFolder("apns");
	const authority = join(folder.path, "ca.pem");
	writeFileSync(authority, server.ca);
	const team = { teamId: "TEAM123456", keyId: "KEY1234567" };
	const { key } = server.createKey(team.teamId, team.keyId);
	return {
		settings: {
			APNS_KEY: key,
			APNS_KEY_ID: team.keyId,
			APNS_TEAM_ID: team.teamId,
			APNS_TOPIC: topic,
			APNS_URL: server.url,
			NODE_EXTRA_CA_CERTS: authority,
		},
		app: "apns",
		device: () => ({ token: "ab".repeat(32) }),
		async arrived(timeoutMs) {
			// At its start Reveille shows its key with a token that nobody has.
			const { headers, body } = await server.waitForPush(({ token }) => token === "ab".repeat(32), timeoutMs);
			const told = ["apns-push-type", "apns-priority", "apns-topic"].map(
				(name) => `${name}: ${headers[name]}`,
			);
			return { content: body.toString(), details: `over HTTP/2, ${told.join(", ")}` };
		},
		async stop() {
			await server.stop();
			folder.remove();
		},
	};
}

function fcm(): ServiceDouble {
	const server = startFcmServer();
	return {
		settings: { FCM_SERVICE_ACCOUNT: server.serviceAccount, FCM_URL: server.url },
		app: "fcm",
		device: () => ({ token: server.createDevice() }),
		async arrived(timeoutMs) {
			const { message } = await server.waitForPush(undefined, timeoutMs);
			const { data, android } = message as { data?: unknown; android?: unknown };
			return { content: JSON.stringify(data), details: `android: ${JSON.stringify(android)}` };
		},
		stop: () => server.stop(),
	};
}

function ubuntu(): ServiceDouble {
	const server = startUbuntuPushServer();
	const applicationId = "com.example.chat_chat";
	return {
		settings: { UBUNTU_URL: server.url },
		app: "ubuntu",
		device: () => ({ token: server.createPhone({ appId: applicationId }), applicationId }),
		async arrived(timeoutMs) {
			const { notification } = await server.waitForPush(undefined, timeoutMs);
			const { data, ...told } = notification as { data?: unknown };
			return { content: JSON.stringify(data), details: JSON.stringify({ ...told, token: "…" }) };
		},
		stop: () => server.stop(),
	};
}

function wns(): ServiceDouble {
	const server = startWnsServer({ kind: "sid" });
	const { credentials } = server;
	if (credentials.kind !== "sid") throw new Error("other credentials than asked for");
	return {
		settings: {
			WNS_PACKAGE_SID: credentials.packageSid,
			WNS_CLIENT_SECRET: credentials.clientSecret,
			WNS_TOKEN_URL: server.tokenUrl,
		},
		app: "wns",
		device: () => ({ token: server.createChannel() }),
		async arrived(timeoutMs) {
			const { body, headers } = await server.waitForPush(undefined, timeoutMs);
			return { content: body, details: `x-wns-type: ${headers.get("x-wns-type")}` };
		},
		stop: () => server.stop(),
	};
}
