/**
 * FCM on loopback, with Google's token endpoint beside it: refuses what Google would refuse, keeps the pushes for the
 * test to look at, and fails when told to.
 */
import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { assertionFault, messageFault, type Refusal } from "./fcm-server-rules.ts";
import { createPushDesk, type LoggedPush, type PushLog } from "./push-log.ts";

/** A message that came, accepted or not. */
export interface ReceivedFcm extends LoggedPush {
	readonly path: string;
	readonly headers: Headers;
	/** The request's body, as it came. */
	readonly body: string;
	/** The message in it; empty if it could not be read. */
	readonly message: {
		token?: string;
		data?: Record<string, string>;
		android?: { priority?: string; ttl?: string; collapse_key?: string };
	};
}

/** A running FCM. */
export interface FcmServer extends PushLog<ReceivedFcm> {
	/** FCM's base URL. */
	readonly url: string;
	/** The project's service account: a file's text, as Firebase's console gives it out. */
	readonly serviceAccount: string;
	/** How often an access token was asked for, and why it was refused. */
	readonly tokenRequests: readonly { refused?: string }[];
	/** Installs the app on a new device. @returns its token; of another project's app if `foreign` */
	createDevice(options?: { foreign?: boolean }): string;
	/** The app is removed from the device. */
	unregister(token: string): void;
	/** No access token given out so far is good any more. */
	expireAccessTokens(): void;
	/** How the token endpoint answers from now on; undefined: normally. */
	respondToTokenRequestsWith(answer: (() => Response | Promise<Response>) | undefined): void;
	stop(): Promise<void>;
}

/** FCM keeps no more collapse keys for a device, and drops messages of others. */
const MAXIMUM_COLLAPSE_KEYS = 4;

/** Starts FCM with one project. */
export function startFcmServer(options: { port?: number; projectId?: string } = {}): FcmServer {
	const projectId = options.projectId ?? "reveille-test";
	const email = `push@${projectId}.iam.gserviceaccount.com`;
	const keyId = randomBytes(20).toString("hex");
	const { publicKey, privateKey } = generateKeyPairSync("rsa", {
		modulusLength: 2048,
		publicKeyEncoding: { type: "spki", format: "pem" },
		privateKeyEncoding: { type: "pkcs8", format: "pem" },
	});
	const desk = createPushDesk<ReceivedFcm>();
	const devices = new Map<string, { state: "registered" | "unregistered" | "foreign"; keys: Set<string> }>();
	const bearers = new Map<string, { expiresAt: number }>();
	const tokenRequests: { refused?: string }[] = [];
	let tokenAnswer: (() => Response | Promise<Response>) | undefined;

	async function giveToken(request: Request): Promise<Response> {
		const account = { email, keyId, publicKey, tokenUri: `${url}/token` };
		const type = request.headers.get("content-type") ?? "";
		const refused = type.startsWith("application/x-www-form-urlencoded")
			? assertionFault(new URLSearchParams(await request.text()), account)
			: `Content-Type is ${type}`;
		tokenRequests.push(refused === undefined ? {} : { refused });
		if (tokenAnswer) return tokenAnswer();
		if (refused !== undefined)
			return Response.json({ error: "invalid_grant", error_description: refused }, { status: 400 });
		const bearer = `ya29.${randomBytes(90).toString("base64url")}`;
		bearers.set(bearer, { expiresAt: Date.now() + 3_599_000 });
		return Response.json({ access_token: bearer, expires_in: 3599, token_type: "Bearer" });
	}

	/** The rules, in the order in which they are checked. */
	function refusal(request: Request, push: ReceivedFcm): Refusal | undefined {
		const bearer = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
		if ((bearers.get(bearer)?.expiresAt ?? 0) <= Date.now())
			return { status: 401, general: "UNAUTHENTICATED", message: "Request had invalid credentials." };
		if (push.path !== `/v1/projects/${projectId}/messages:send`)
			return { status: 404, general: "NOT_FOUND", message: "Requested entity was not found." };
		if (request.method !== "POST") return { status: 405, general: "UNKNOWN", message: "only POST" };
		const fault = messageFault(push.body);
		if (fault) return fault;
		const device = devices.get(push.token);
		if (!device)
			return {
				status: 400,
				general: "INVALID_ARGUMENT",
				errorCode: "INVALID_ARGUMENT",
				message: "The registration token is not a valid FCM registration token",
			};
		if (device.state === "unregistered")
			return { status: 404, general: "NOT_FOUND", errorCode: "UNREGISTERED", message: "NotRegistered" };
		if (device.state === "foreign")
			return {
				status: 403,
				general: "PERMISSION_DENIED",
				errorCode: "SENDER_ID_MISMATCH",
				message: "SenderId mismatch",
			};
		const key = push.message.android?.collapse_key;
		if (key !== undefined) device.keys.add(key);
		if (device.keys.size > MAXIMUM_COLLAPSE_KEYS)
			return { status: 400, general: "INVALID_ARGUMENT", message: "more than four collapse keys" };
		return undefined;
	}

	async function receive(request: Request): Promise<Response> {
		const body = await request.text();
		const message = read(body);
		const { pathname: path } = new URL(request.url);
		const token = typeof message.token === "string" ? message.token : "";
		const push: ReceivedFcm = { token, path, headers: request.headers, body, message, status: undefined };
		const refused = refusal(request, push);
		if (refused) push.refused = refused.message;
		return desk.answer(push, () =>
			refused ? refuse(refused) : Response.json({ name: `projects/${projectId}/messages/0:${randomUUID()}` }),
		);
	}

	const server = Bun.serve({
		hostname: "127.0.0.1",
		port: options.port ?? 0,
		// A hanging answer must last as long as the test wants.
		idleTimeout: 0,
		fetch: (request) => (new URL(request.url).pathname === "/token" ? giveToken(request) : receive(request)),
	});
	const url = `http://127.0.0.1:${server.port}`;

	return {
		...desk.log,
		url,
		serviceAccount: JSON.stringify({
			type: "service_account",
			project_id: projectId,
			private_key_id: keyId,
			private_key: privateKey,
			client_email: email,
			client_id: "1",
			token_uri: `${url}/token`,
		}),
		tokenRequests,
		createDevice({ foreign = false } = {}) {
			const token = `${randomBytes(16).toString("base64url")}:APA91b${randomBytes(100).toString("base64url")}`;
			devices.set(token, { state: foreign ? "foreign" : "registered", keys: new Set() });
			return token;
		},
		unregister(token) {
			const device = devices.get(token);
			if (device) device.state = "unregistered";
		},
		expireAccessTokens: () => bearers.clear(),
		respondToTokenRequestsWith(answer) {
			tokenAnswer = answer;
		},
		async stop() {
			desk.stop();
			await server.stop(true);
		},
	};
}

function read(body: string): ReceivedFcm["message"] {
	try {
		return JSON.parse(body).message ?? {};
	} catch {
		return {};
	}
}

/** An error, worded as Google does. */
export function fcmErrorBody(refusal: Refusal): string {
	const { status: code, general: status, message, errorCode, field } = refusal;
	const details = [
		...(errorCode === undefined
			? []
			: [{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode }]),
		...(field === undefined
			? []
			: [
					{
						"@type": "type.googleapis.com/google.rpc.BadRequest",
						fieldViolations: [{ field, description: message }],
					},
				]),
	];
	return JSON.stringify({ error: { code, message, status, ...(details.length > 0 && { details }) } });
}

function refuse(refusal: Refusal): Response {
	return new Response(fcmErrorBody(refusal), {
		status: refusal.status,
		headers: { "Content-Type": "application/json; charset=UTF-8" },
	});
}
