/**
 * The Ubuntu Push server on loopback, with the rules of its own sources (`server/api/handlers.go`): refuses what that
 * refuses, keeps the pushes for the test to look at, and fails when told to.
 */
import { randomBytes } from "node:crypto";
import { createPushDesk, type LoggedPush, type PushLog } from "./push-log.ts";

/** A notification that came, accepted or not. */
export interface ReceivedUbuntu extends LoggedPush {
	readonly headers: Headers;
	/** The request's body, as it came. */
	readonly body: string;
	/** What is in it; empty if it could not be read. */
	readonly notification: UbuntuNotification;
}

/** A request's fields, unchecked. */
export interface UbuntuNotification {
	appid?: string;
	token?: string;
	expire_on?: string;
	replace_tag?: string;
	clear_pending?: boolean;
	data?: unknown;
}

/** A running Ubuntu Push server. */
export interface UbuntuPushServer extends PushLog<ReceivedUbuntu> {
	/** The server's base URL. */
	readonly url: string;
	/** Installs an app on a phone. @returns its token; `away`: what is sent waits on the server */
	createPhone(options: { appId: string; away?: boolean }): string;
	/** What waits for a phone that is away, oldest first. */
	pending(token: string): readonly UbuntuNotification[];
	/** The app is removed from the phone. */
	unregister(token: string): void;
	stop(): Promise<void>;
}

interface Refusal {
	status: number;
	error: string;
	message: string;
	extra?: unknown;
}

const MAXIMUM_BODY = 4096;
const MAXIMUM_DATA = 2048;
const MAXIMUM_PENDING = 100;

const invalid = (status: number, message: string): Refusal => ({ status, error: "invalid-request", message });

/** Starts the server. */
export function startUbuntuPushServer(options: { port?: number } = {}): UbuntuPushServer {
	const desk = createPushDesk<ReceivedUbuntu>();
	const phones = new Map<string, { appId: string; away: boolean; pending: UbuntuNotification[] }>();

	/** Takes a notification for a phone, or says why not. */
	function deliver(notification: UbuntuNotification): Refusal | undefined {
		const phone = phones.get(notification.token ?? "");
		if (!phone) return { status: 400, error: "unknown-token", message: "Unknown token" };
		if (phone.appId !== notification.appid)
			return { status: 401, error: "unauthorized", message: "Unauthorized" };
		if (!phone.away) return undefined;
		const tag = notification.replace_tag;
		const kept = phone.pending.filter(
			(one) => !notification.clear_pending && (tag === undefined || one.replace_tag !== tag),
		);
		if (kept.length >= MAXIMUM_PENDING)
			return {
				status: 413,
				error: "too-many-pending",
				message: "Too many pending notifications for this application",
				extra: kept.at(-1)?.data,
			};
		phone.pending = [...kept, notification];
		return undefined;
	}

	async function receive(request: Request): Promise<Response> {
		const body = await request.text();
		const notification = read(body);
		const token = typeof notification?.token === "string" ? notification.token : "";
		const push: ReceivedUbuntu = {
			token,
			headers: request.headers,
			body,
			notification: notification ?? {},
			status: undefined,
		};
		const refused = requestFault(request) ?? bodyFault(notification) ?? deliver(notification ?? {});
		if (refused) push.refused = `${refused.error}: ${refused.message}`;
		return desk.answer(push, () => {
			if (!refused) return Response.json({ ok: true });
			const { status, error, message, extra } = refused;
			return Response.json({ error, message, ...(extra !== undefined && { extra }) }, { status });
		});
	}

	const server = Bun.serve({
		hostname: "127.0.0.1",
		port: options.port ?? 0,
		// A hanging answer must last as long as the test wants.
		idleTimeout: 0,
		fetch: (request) =>
			new URL(request.url).pathname === "/notify"
				? receive(request)
				: new Response("404 page not found", { status: 404 }),
	});

	return {
		...desk.log,
		url: `http://127.0.0.1:${server.port}`,
		createPhone({ appId, away = false }) {
			const token = randomBytes(64).toString("base64");
			phones.set(token, { appId, away, pending: [] });
			return token;
		},
		pending: (token) => phones.get(token)?.pending ?? [],
		unregister(token) {
			phones.delete(token);
		},
		async stop() {
			desk.stop();
			await server.stop(true);
		},
	};
}

function requestFault({ method, headers }: Request): Refusal | undefined {
	if (method !== "POST") return invalid(405, "Wrong request method, should be POST");
	const length = headers.get("content-length");
	if (length === null) return invalid(411, "A Content-Length must be provided");
	if (length === "0") return invalid(400, "Request body empty");
	if (Number(length) > MAXIMUM_BODY) return invalid(413, "Request body too large");
	if (headers.get("content-type") !== "application/json")
		return invalid(415, "Wrong content type, should be application/json");
	return undefined;
}

/** @returns what is wrong with the fields; undefined when nothing is */
export function bodyFault(notification: UbuntuNotification | undefined): Refusal | undefined {
	if (!notification) return invalid(400, "Malformed JSON Object");
	const { appid, token, data, expire_on = "" } = notification;
	if (!appid || !token) return invalid(400, "Missing id field");
	if (data === undefined) return invalid(400, "Missing data field");
	if (Buffer.byteLength(JSON.stringify(data)) > MAXIMUM_DATA) return invalid(413, "Data too large");
	// RFC 3339 §5.6.
	if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(expire_on))
		return invalid(400, "Invalid expiration date");
	if (Date.parse(expire_on) < Date.now()) return invalid(400, "Past expiration date");
	return undefined;
}

function read(body: string): UbuntuNotification | undefined {
	try {
		const read = JSON.parse(body);
		return typeof read === "object" && read !== null ? read : undefined;
	} catch {
		return undefined;
	}
}
