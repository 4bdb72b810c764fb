/**
 * FCM on a bad day: it answers at once, late, with 503, or not at all, as it is told for each push; and it keeps what
 * it was sent and what it answered, with the times. It checks no rule: that is fcm-server.ts's part.
 */
import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** `hang`: an answer after a second or so. `reset`: none, and the connection is cut. */
export type Conduct = "at once" | "slowly" | "503" | "503 with Retry-After" | "reset" | "hang";

/** A push that came. Times are those of `performance.now()`. */
export interface ReceivedPush {
	readonly project: string;
	readonly token: string;
	/** The publish that it is of. */
	readonly count: number;
	readonly at: number;
	/**
	 * When whoever sent it was given its access token. Each process asks for its own: what one wrote before it was killed
	 * may come after its end.
	 */
	readonly authorizedAt: number;
	/** When it was answered, and how; undefined: it was not, or nobody was there any more. */
	answered?: { at: number; status: number };
}

export interface UnsteadyFcm {
	readonly url: string;
	/** In order of their coming. */
	readonly pushes: readonly ReceivedPush[];
	/** A project's service account: a file's text. */
	serviceAccount(project: string): string;
	/** From now on. @param times how often this publish has come before */
	behave(conductOf: (push: ReceivedPush, times: number) => Conduct): void;
	/** The app is removed from the device: each push to it is answered so. */
	unregister(token: string): void;
	stop(): void;
}

/** How long answers take, ms: a push's count spreads them. */
const SLOWLY = { from: 20, to: 300 };
const HANGS = { from: 400, to: 1_500 };

/** What access tokens begin with; the time follows. */
const ACCESS = "ya29.";

const UNREGISTERED = JSON.stringify({
	error: {
		code: 404,
		status: "NOT_FOUND",
		message: "NotRegistered",
		details: [{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode: "UNREGISTERED" }],
	},
});

export async function startUnsteadyFcm(): Promise<UnsteadyFcm> {
	const { privateKey } = generateKeyPairSync("rsa", {
		modulusLength: 2048,
		publicKeyEncoding: { type: "spki", format: "pem" },
		privateKeyEncoding: { type: "pkcs8", format: "pem" },
	});
	const pushes: ReceivedPush[] = [];
	const came = new Map<number, number>();
	const gone = new Set<string>();
	let conductOf: Parameters<UnsteadyFcm["behave"]>[0] = () => "at once";

	function respond(push: ReceivedPush, to: ServerResponse, status: number, headers = {}, body = "") {
		// What is written to a process that was killed meanwhile is no answer.
		if (!to.socket || to.socket.destroyed) return;
		push.answered = { at: performance.now(), status };
		to.writeHead(status, { "Content-Type": "application/json", ...headers }).end(body);
	}

	function receive({ url = "", headers, socket }: IncomingMessage, body: string, to: ServerResponse) {
		const { token, data } = JSON.parse(body).message as { token: string; data: { count: string } };
		const project = /^\/v1\/projects\/([^/]+)\//.exec(url)?.[1] ?? "";
		const authorizedAt = Number(headers.authorization?.slice(`Bearer ${ACCESS}`.length));
		const push: ReceivedPush = {
			project,
			token,
			count: Number(data.count),
			at: performance.now(),
			authorizedAt,
		};
		pushes.push(push);
		const times = came.get(push.count) ?? 0;
		came.set(push.count, times + 1);
		const accept = () =>
			gone.has(token)
				? respond(push, to, 404, {}, UNREGISTERED)
				: respond(push, to, 200, {}, JSON.stringify({ name: `projects/${project}/messages/${push.count}` }));
		const late = ({ from, to }: typeof SLOWLY) => from + ((push.count * 37) % (to - from));
		switch (conductOf(push, times)) {
			case "at once":
				return accept();
			case "slowly":
				return void setTimeout(accept, late(SLOWLY));
			case "hang":
				return void setTimeout(accept, late(HANGS));
			case "503":
				return respond(push, to, 503);
			case "503 with Retry-After":
				return respond(push, to, 503, { "Retry-After": "1" });
			case "reset":
				socket.resetAndDestroy();
		}
	}

	const server = createServer((request, response) => {
		let body = "";
		request.setEncoding("utf8");
		request.on("data", (text: string) => {
			body += text;
		});
		request.on("error", () => {});
		response.on("error", () => {});
		request.on("end", () => {
			if (request.url !== "/token") return receive(request, body, response);
			response.writeHead(200, { "Content-Type": "application/json" });
			const access_token = `${ACCESS}${performance.now()}`;
			response.end(JSON.stringify({ access_token, expires_in: 3599, token_type: "Bearer" }));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

	return {
		url,
		pushes,
		serviceAccount: (project) =>
			JSON.stringify({
				type: "service_account",
				project_id: project,
				private_key: privateKey,
				client_email: `push@${project}.iam.gserviceaccount.com`,
				token_uri: `${url}/token`,
			}),
		behave(conduct) {
			conductOf = conduct;
		},
		unregister: (token) => void gone.add(token),
		stop() {
			server.close();
			server.closeAllConnections();
		},
	};
}
