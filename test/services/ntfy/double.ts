/** ntfy as one of its devices sees it: a server in this process, with the rules of ntfy 2.11 (rules.ts tries both). */
import type { NtfyMessage } from "../../peers/ntfy.ts";
import type { ServiceDouble } from "../../peers/service-double.ts";

/** An ntfy server that asks for an access token, and a phone that is subscribed to all its topics. */
export interface NtfyServer {
	readonly url: string;
	/** Lets whoever has it write to topics that begin `wake-`, and read none. */
	readonly accessToken: string;
	/** The next message of a topic. @throws at the deadline */
	arrived(topic: string, timeoutMs?: number): Promise<NtfyMessage>;
	stop(): Promise<void>;
}

/** ntfy's own names. */
const RESERVED = ["docs", "static", "file", "app", "account", "settings", "signup", "login", "metrics"];

const ACCESS_TOKEN = "tk_thetokenofreveilles0000000000";

export function startNtfyServer(): NtfyServer {
	const messages: (NtfyMessage & { topic: string })[] = [];
	let come = Promise.withResolvers<void>();

	const refused = (http: number, code: number, error: string) =>
		Response.json({ code, http, error }, { status: http });

	function publish(text: string, headers: Headers): Response {
		if (Buffer.byteLength(text) > 8192) return refused(413, 41303, "JSON body too large");
		let said: NtfyMessage & { topic: string };
		try {
			said = JSON.parse(text);
		} catch {
			return refused(400, 40024, "invalid request: request body must be valid JSON");
		}
		const { topic, message = "", priority = 3 } = said;
		if (!/^[-_A-Za-z0-9]{1,64}$/.test(topic)) return refused(400, 40009, "invalid request: topic invalid");
		if (RESERVED.includes(topic)) return refused(400, 40010, "invalid request: topic name is not allowed");
		if (headers.get("authorization") !== `Bearer ${ACCESS_TOKEN}` || !topic.startsWith("wake-"))
			return refused(403, 40301, "forbidden");
		if (!(priority >= 1 && priority <= 5)) return refused(400, 40007, "invalid priority parameter");
		if (Buffer.byteLength(message) > 4095)
			return refused(400, 40014, "invalid request: attachments not allowed");
		const time = Math.floor(Date.now() / 1000);
		const kept = headers.get("cache") === "no" ? {} : { expires: time + 43_200 };
		const published = { ...said, message: message || "triggered", ...kept };
		messages.push(published);
		come.resolve();
		come = Promise.withResolvers();
		return Response.json({ id: "QBnVMvECucPx", time, event: "message", ...published });
	}

	const server = Bun.serve({
		port: 0,
		hostname: "127.0.0.1",
		async fetch(request) {
			const { pathname } = new URL(request.url);
			const { headers } = request;
			const shown = headers.get("authorization");
			if (shown !== null && shown !== `Bearer ${ACCESS_TOKEN}`) return refused(401, 40101, "unauthorized");
			if (pathname === "/v1/account") return Response.json({ username: "*", role: "user" });
			if (request.method !== "POST" || pathname !== "/") return refused(404, 40401, "page not found");
			return publish(await request.text(), headers);
		},
	});

	return {
		url: `http://127.0.0.1:${server.port}`,
		accessToken: ACCESS_TOKEN,
		async arrived(topic, timeoutMs = 10_000) {
			const { promise: late, reject } = Promise.withResolvers<never>();
			const timer = setTimeout(
				() => reject(new Error(`no message for ${topic} in ${timeoutMs} ms`)),
				timeoutMs,
			);
			try {
				for (;;) {
					const index = messages.findIndex((one) => one.topic === topic);
					const [found] = index < 0 ? [] : messages.splice(index, 1);
					if (found) return found;
					await Promise.race([come.promise, late]);
				}
			} finally {
				clearTimeout(timer);
			}
		},
		stop: () => server.stop(true),
	};
}

export function startDouble(): ServiceDouble {
	const server = startNtfyServer();
	const app = { name: "ntfy", service: "ntfy", server: server.url, access_token: server.accessToken };
	return {
		settings: { APPS: JSON.stringify([app]) },
		app: "ntfy",
		device: () => ({ token: `${server.url}/wake-romeo` }),
		// Whoever reads it has no use for a node.
		identifies: () => '"message":"New message"',
		async arrived(timeoutMs) {
			const { expires, ...shown } = await server.arrived("wake-romeo", timeoutMs);
			return { content: JSON.stringify(shown), details: `kept until ${expires ?? "it is shown"}` };
		},
		stop: () => server.stop(),
	};
}
