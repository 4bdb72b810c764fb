/**
 * Registers devices over and over, as a process of its own: raw sockets that are kept, each with one request on its
 * way, so that what is measured is who answers.
 *
 * Tells its parent when it begins to measure, and what it measured; ends with its parent.
 */
import { createECDH, randomBytes } from "node:crypto";
import { quantile } from "./measured-process.ts";

/** What to do, as JSON in the first argument. */
export interface HttpLoad {
	port: number;
	/** Requests on their way at once. */
	connections: number;
	warmUpMs: number;
	ms: number;
	device: "fcm" | "webpush";
	/** The JSON API, or the form of mod_push_appserver, which knows of no subscriptions. */
	dialect: "json" | "form";
}

/** What it tells its parent. */
export type HttpLoadReport =
	| { kind: "measuring" }
	/** `p50`, `p99`: ms. `wrong`: the first answer by which nothing is registered. */
	| { kind: "measured"; count: number; seconds: number; p50: number; p99: number; wrong?: string };

const DIALECTS = {
	json: { path: "/api/v1/registrations", type: "application/json", registered: /^HTTP\/1\.1 201 / },
	form: {
		path: "/push_appserver/v1/register",
		type: "application/x-www-form-urlencoded",
		registered: /^HTTP\/1\.1 200 [\s\S]*\r\n\r\nOK\n/,
	},
};
/** Public keys of devices: as many as are not all in one cache line of anything. */
const KEYS = 256;

/** Requests that differ in all that differs between devices. */
function requests({ port, device, dialect }: HttpLoad): () => string {
	const { path, type } = DIALECTS[dialect];
	const publicKeys = Array.from({ length: KEYS }, () => createECDH("prime256v1").generateKeys("base64url"));
	// Lengths of real ones: FCM's token has 22 characters, a colon and 140 more; Mozilla's endpoint some 180.
	const salt = randomBytes(102).toString("base64url");
	let made = 0;
	const body = (unique: string) => {
		const long = `${unique}${salt}`;
		return device === "fcm"
			? { app: "fcm", token: `${long.slice(0, 22)}:APA91b${long.slice(0, 134)}` }
			: {
					app: "webpush",
					subscription: {
						endpoint: `https://updates.push.services.mozilla.com/wpush/v2/gAAAAAB${long}`,
						keys: { p256dh: publicKeys[made % KEYS], auth: unique.padEnd(22, "A") },
					},
				};
	};
	const text = (unique: string) => {
		const { app, ...device } = body(unique);
		return dialect === "json"
			? JSON.stringify({ app, ...device, deviceName: "Pixel 9" })
			: String(
					new URLSearchParams({ type: app, node: `device-${unique}`, ...(device as { token: string }) }),
				);
	};
	return () => {
		made++;
		const content = text(made.toString(36).padStart(8, "0"));
		// Each device in a network of its own, as a proxy in front would say; and the sites (/48) as many as there are.
		const [site, network] = [made & 0xffff, made >> 16].map((part) => part.toString(16));
		return (
			`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: ${type}\r\n` +
			`X-Forwarded-For: 2001:db8:${site}:${network}::1\r\n` +
			`Content-Length: ${content.length}\r\n\r\n${content}`
		);
	};
}

/** @returns the characters that the first answer takes up; 0: it is not all there */
function answerLength(received: string): number {
	const end = received.indexOf("\r\n\r\n");
	if (end < 0) return 0;
	const whole = end + 4 + Number(/content-length: (\d+)/i.exec(received.slice(0, end))?.[1]);
	return received.length >= whole ? whole : 0;
}

async function run(load: HttpLoad, tell: (report: HttpLoadReport) => void): Promise<void> {
	const next = requests(load);
	const { registered } = DIALECTS[load.dialect];
	let times: number[] = [];
	let wrong: string | undefined;
	const sockets = Array.from({ length: load.connections }, () => {
		const state = { received: "", sentAt: 0 };
		const send = (socket: Bun.Socket) => {
			state.sentAt = performance.now();
			socket.write(next());
		};
		return Bun.connect({
			hostname: "127.0.0.1",
			port: load.port,
			socket: {
				open: send,
				data(socket, bytes) {
					state.received += bytes.toString("latin1");
					const length = answerLength(state.received);
					if (length === 0) return;
					times.push(performance.now() - state.sentAt);
					const answer = state.received.slice(0, length);
					if (!registered.test(answer)) wrong ??= answer.slice(0, 1000);
					state.received = state.received.slice(length);
					send(socket);
				},
				close() {
					wrong ??= "a connection was closed";
				},
			},
		});
	});
	await Promise.all(sockets);
	await Bun.sleep(load.warmUpMs);
	tell({ kind: "measuring" });
	times = [];
	const from = performance.now();
	await Bun.sleep(load.ms);
	const measured = Float64Array.from(times).sort();
	tell({
		kind: "measured",
		count: measured.length,
		seconds: (performance.now() - from) / 1000,
		p50: quantile(measured, 0.5),
		p99: quantile(measured, 0.99),
		...(wrong !== undefined && { wrong }),
	});
}

if (import.meta.main) {
	process.on("disconnect", () => process.exit());
	await run(JSON.parse(process.argv[2] ?? ""), (report) => process.send?.(report));
}
