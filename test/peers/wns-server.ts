/**
 * WNS on loopback, with both of Microsoft's token endpoints beside it: refuses what WNS would refuse, keeps the
 * notifications for the test to look at, and fails when told to.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { createPushDesk, type LoggedPush, type PushLog } from "./push-log.ts";
import { notificationFault, type Refusal } from "./wns-server-rules.ts";

/** A notification that came, accepted or not; its token is the channel's URI. */
export interface ReceivedWns extends LoggedPush {
	readonly method: string;
	readonly headers: Headers;
	readonly body: string;
}

/** What an app proves itself with, as its service is given it. */
type Credentials =
	| { kind: "sid"; packageSid: string; clientSecret: string }
	| { kind: "entra"; tenantId: string; clientId: string; clientSecret: string };

/** A running WNS with one app. */
export interface WnsServer extends PushLog<ReceivedWns> {
	readonly credentials: Credentials;
	/** Where its access tokens come from. */
	readonly tokenUrl: string;
	/** How often an access token was asked for, and why it was refused. */
	readonly tokenRequests: readonly { refused?: string }[];
	/** Opens a channel. @returns its URI; of another app if `foreign` */
	createChannel(options?: { foreign?: boolean }): string;
	/** Ends a channel: it gets 410, or 404 as if it had never been. */
	expire(channel: string, status?: 410 | 404): void;
	/** No access token given out so far is good any more. */
	expireAccessTokens(): void;
	stop(): Promise<void>;
}

/** Starts WNS; the app was registered in the Store (`sid`) or at Entra. */
export function startWnsServer(options: { port?: number; kind?: Credentials["kind"] } = {}): WnsServer {
	const clientSecret = `${randomBytes(12).toString("base64")}+&=`;
	const credentials: Credentials =
		options.kind === "entra"
			? { kind: "entra", tenantId: randomUUID(), clientId: randomUUID(), clientSecret }
			: { kind: "sid", packageSid: "ms-app://s-1-15-2-1234567890", clientSecret };
	const desk = createPushDesk<ReceivedWns>();
	const channels = new Map<string, "open" | "expired" | "foreign">();
	const bearers = new Set<string>();
	const tokenRequests: { refused?: string }[] = [];
	const tokenPath =
		credentials.kind === "sid" ? "/accesstoken.srf" : `/${credentials.tenantId}/oauth2/v2.0/token`;

	async function giveToken(request: Request): Promise<Response> {
		const form = new URLSearchParams(await request.text());
		const refused = formFault(request, form, credentials);
		tokenRequests.push(refused === undefined ? {} : { refused });
		if (refused !== undefined)
			return Response.json({ error: "invalid_client", error_description: refused }, { status: 400 });
		const bearer = `Eg${randomBytes(60).toString("base64")}`;
		bearers.add(bearer);
		// Entra has said it as a string.
		const expires_in = credentials.kind === "sid" ? 86_400 : "86399";
		return Response.json({ access_token: bearer, token_type: "bearer", expires_in });
	}

	/** The rules, in the order in which they are checked. */
	function refusal(push: ReceivedWns): Refusal | undefined {
		const bearer = /^Bearer (.+)$/.exec(push.headers.get("authorization") ?? "")?.[1] ?? "";
		if (push.headers.get("host") !== authority) return { status: 400, message: "another host" };
		if (push.method !== "POST") return { status: 405, message: "only POST" };
		if (!bearers.has(bearer)) return { status: 401, message: "not a valid access token" };
		const channel = channels.get(push.token);
		if (channel === undefined) return { status: 404, message: "no such channel" };
		if (channel === "expired") return { status: 410, message: "the channel expired" };
		if (channel === "foreign") return { status: 403, message: "the channel is another app's" };
		if (credentials.kind === "entra" && !/^wns\/(raw|toast)$/.test(push.headers.get("x-wns-type") ?? ""))
			return { status: 400, message: "only raw and toast" };
		return notificationFault(push.headers, push.body);
	}

	async function receive(request: Request): Promise<Response> {
		const push: ReceivedWns = {
			token: request.url,
			method: request.method,
			headers: request.headers,
			body: await request.text(),
			status: undefined,
		};
		const refused = refusal(push);
		if (refused) push.refused = refused.message;
		return desk.answer(push, () =>
			refused
				? new Response(null, {
						status: refused.status,
						headers: { "X-WNS-Error-Description": refused.message },
					})
				: new Response(null, {
						headers: {
							"X-WNS-Msg-ID": randomBytes(8).toString("hex").toUpperCase(),
							...(push.headers.get("x-wns-requestforstatus") === "true" && {
								"X-WNS-Status": "received",
								"X-WNS-DeviceConnectionStatus": "connected",
							}),
						},
					}),
		);
	}

	const server = Bun.serve({
		hostname: "127.0.0.1",
		port: options.port ?? 0,
		// A hanging answer must last as long as the test wants.
		idleTimeout: 0,
		fetch: (request) => (new URL(request.url).pathname === tokenPath ? giveToken(request) : receive(request)),
	});
	const authority = `127.0.0.1:${server.port}`;

	return {
		...desk.log,
		credentials,
		tokenUrl: `http://${authority}${tokenPath}`,
		tokenRequests,
		createChannel({ foreign = false } = {}) {
			const channel = `http://${authority}/?token=${encodeURIComponent(randomBytes(60).toString("base64"))}`;
			channels.set(channel, foreign ? "foreign" : "open");
			return channel;
		},
		expire(channel, status = 410) {
			if (status === 404) channels.delete(channel);
			else channels.set(channel, "expired");
		},
		expireAccessTokens: () => bearers.clear(),
		async stop() {
			desk.stop();
			await server.stop(true);
		},
	};
}

/** @returns what is wrong with a request for an access token; undefined when nothing is */
function formFault(request: Request, form: URLSearchParams, app: Credentials): string | undefined {
	const type = request.headers.get("content-type") ?? "";
	if (!type.startsWith("application/x-www-form-urlencoded")) return `Content-Type is ${type}`;
	if (form.get("grant_type") !== "client_credentials") return "wrong grant_type";
	const [id, scope] =
		app.kind === "sid"
			? [app.packageSid, "notify.windows.com"]
			: [app.clientId, "https://wns.windows.com/.default"];
	if (form.get("scope") !== scope) return "wrong scope";
	if (form.get("client_id") !== id) return "no such client";
	return form.get("client_secret") === app.clientSecret ? undefined : "wrong secret";
}
