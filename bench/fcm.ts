/** An FCM of a benchmark, on loopback: it gives out access tokens, and checks none. */
import { generateKeyPairSync } from "node:crypto";

const PROJECT = "p";
/** What it answers to a message that it takes. */
export const TAKEN = { name: `projects/${PROJECT}/messages/0:1` };

/** What of a message is looked at. */
export interface FcmMessage {
	token: string;
	/** Of ours it has the node. */
	data: { node: string };
}

/**
 * Serves it until the process ends.
 * @param take is told of each message. @returns whether it is taken; if not, FCM is away for now (503)
 * @returns its URL
 */
export function serveFcm(take: (message: FcmMessage) => boolean): string {
	const server = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		idleTimeout: 0,
		routes: { "/token": () => Response.json({ access_token: "bearer", expires_in: 3600 }) },
		async fetch(request) {
			const { message } = (await request.json()) as { message: FcmMessage };
			return take(message) ? Response.json(TAKEN) : new Response(null, { status: 503 });
		},
	});
	return `http://127.0.0.1:${server.port}`;
}

/** A service account for it. @param url of FCM, whose tokens come from `/token` there @returns the file's text */
export function serviceAccountAt(url: string): string {
	const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
	return JSON.stringify({
		type: "service_account",
		project_id: PROJECT,
		client_email: "p@p.example",
		private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
		token_uri: `${url}/token`,
	});
}
