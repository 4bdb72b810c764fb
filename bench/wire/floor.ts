/**
 * The floor: a bare component, or a bare account over WebSocket with resumption and acknowledgements, that makes one bare
 * request for each publish and answers it. No lookup, no secret, no throttle. Arguments: JSON of {@link FloorOptions}.
 */
import { client } from "@xmpp/client";
// @ts-expect-error: it has no types
import { component, xml } from "@xmpp/component";
import type { ProviderAddress, ProviderKind } from "./provider.ts";

export interface FloorOptions {
	/** The server's address, as Reveille's XMPP_SERVICE. */
	service: string;
	domain: string;
	password: string;
	/** It is an account's, over WebSocket; missing: it is a component. */
	account?: { username: string; resource: string };
	provider: ProviderAddress & { kind: ProviderKind };
	/**
	 * APNs: nothing is sent twice. Of bytes Bun repeats by itself what a server refused, up to five times and over dozens
	 * of connections; a stream it cannot repeat.
	 */
	isOnce?: boolean;
}

const {
	service,
	domain,
	password,
	account,
	provider,
	isOnce = false,
} = JSON.parse(process.argv[2] ?? "{}") as FloorOptions;

/** One push, ready to be sent. */
type Send = () => Promise<Response>;

async function sendTo({ kind, url, ca }: ProviderAddress & { kind: ProviderKind }): Promise<Send> {
	const token = "x".repeat(142);
	const authorization = `Bearer ${"y".repeat(180)}`;
	if (kind === "fcm") {
		const body = JSON.stringify({ message: { token, android: { priority: "high" }, data: { a: "b" } } });
		const headers = { authorization, "content-type": "application/json" };
		return () => fetch(`${url}/v1/projects/bench/messages:send`, { method: "POST", headers, body });
	}
	if (kind === "apns") {
		const session = new Bun.FetchSession({ tls: ca ? { ca } : {} });
		const body = JSON.stringify({ aps: { alert: "New message" } });
		const init = { method: "POST", headers: { authorization }, protocol: "http2" } as const;
		const send = (given: object) => session.fetch(`${url}/3/device/${token}`, { ...init, ...given });
		const bytes = new TextEncoder().encode(body);
		return isOnce ? () => send({ body: streamOf(bytes), duplex: "half" }) : () => send({ body });
	}
	const { encrypt } = await import("../../src/services/webpush/message-encryption.ts");
	const { nativeMessageCipher } = await import("../../src/bun/native-crypto.ts");
	const cipher = nativeMessageCipher();
	const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
	const p256dh = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
	const auth = crypto.getRandomValues(new Uint8Array(16));
	const text = new TextEncoder().encode("x".repeat(180));
	const headers = { authorization, ttl: "60", urgency: "high", "content-encoding": "aes128gcm" };
	return async () =>
		fetch(`${url}/push/${token}`, {
			method: "POST",
			headers,
			body: await encrypt(text, { p256dh, auth }, { cipher }),
		});
}

const streamOf = (bytes: Uint8Array) =>
	new ReadableStream<Uint8Array>({
		start(controller) {
			controller.enqueue(bytes);
			controller.close();
		},
	});

/** xmpp.js as it is: it counts stanzas and can resume, and keeps all of that in memory. */
function openAccount({ username, resource }: { username: string; resource: string }) {
	const options = { service, domain, resource, username, password };
	// By itself it sends no password where nothing is encrypted, which the load's own server has nothing else for.
	const credentials = (
		authenticate: (given: object, mechanism: string) => Promise<void>,
		[mechanism = ""]: string[],
	) => authenticate({ username, password }, mechanism);
	return client({ ...options, credentials } as never);
}

const send = await sendTo(provider);
const entity = account ? openAccount(account) : component({ service, domain, password });
entity.iqCallee.set("http://jabber.org/protocol/pubsub", "pubsub", async () => {
	const response = await send();
	await response.arrayBuffer();
	return response.ok ? true : xml("error", { type: "wait" });
});
entity.on("error", (error: Error) => {
	console.error(String(error));
	process.exit(1);
});
await entity.start();
