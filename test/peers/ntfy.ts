/** A real ntfy on loopback: the push service of many UnifiedPush devices. Debian packages it since 13. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { freePort } from "./ports.ts";
import { serversSystem } from "./system.ts";

/** A device's connection, over which pushes come. */
export interface NtfySubscription {
	/** Resolves to the content of the first push that no earlier call took. @throws at the deadline */
	next(timeoutMs?: number): Promise<Uint8Array>;
	close(): void;
}

export interface Ntfy {
	readonly url: string;
	/** The endpoint of a new device, as ntfy's app makes it. */
	newEndpoint(): string;
	/** Connects a device; resolves when ntfy knows of it. */
	subscribe(endpoint: string): Promise<NtfySubscription>;
	/** Ends it and deletes its data. */
	stop(): Promise<void>;
}

/** One line of a subscription. */
interface Line {
	event: "open" | "keepalive" | "message";
	message?: string;
	/** What is no text comes in base64. */
	encoding?: string;
}

/**
 * Starts it as ntfy.sh is run: what is published for a device that never connected is refused with 507, since nobody's
 * account of requests is there for it.
 *
 * @throws {MissingPeer} when it is not installed
 */
export async function startNtfy(): Promise<Ntfy> {
	const program = findNtfy();
	const folder = temporaryFolder("ntfy");
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const settings = {
		NTFY_LISTEN_HTTP: `127.0.0.1:${port}`,
		NTFY_BASE_URL: url,
		NTFY_CACHE_FILE: join(folder.path, "cache.db"),
		NTFY_VISITOR_SUBSCRIBER_RATE_LIMITING: "true",
		NTFY_WEB_ROOT: "disable",
	};
	const child: Child = startChild({
		command: serversSystem().command([program, "serve", "--config", "/dev/null"], folder.path),
		env: settings,
		logPath: join(folder.path, "ntfy.log"),
		cwd: folder.path,
	});
	const stop = async () => {
		await child.stop();
		folder.remove();
	};
	try {
		await child.ready(async () => (await fetch(`${url}/v1/health`)).ok);
	} catch (error) {
		await stop();
		throw error;
	}
	return {
		url,
		// Twelve characters after `up`: by these ntfy knows what is UnifiedPush's.
		newEndpoint: () => `${url}/up${randomBytes(9).toString("base64url").replaceAll(/[-_]/g, "x")}?up=1`,
		subscribe: (endpoint) => subscribe(endpoint.replace(/\?.*$/, "/json")),
		stop,
	};
}

async function subscribe(url: string): Promise<NtfySubscription> {
	const ending = new AbortController();
	const response = await fetch(url, { signal: ending.signal });
	if (!response.ok || !response.body) throw new Error(`ntfy: ${response.status} ${await response.text()}`);
	const opened = Promise.withResolvers<void>();
	const contents: Uint8Array[] = [];
	const waiting: ((content: Uint8Array) => void)[] = [];

	function take({ event, message = "", encoding }: Line) {
		if (event === "open") opened.resolve();
		if (event !== "message") return;
		const content = Buffer.from(message, encoding === "base64" ? "base64" : "utf8");
		const waiter = waiting.shift();
		if (waiter) waiter(content);
		else contents.push(content);
	}

	const read = async (body: ReadableStream<Uint8Array>) => {
		const decoder = new TextDecoder();
		let text = "";
		for await (const chunk of body) {
			const lines = (text + decoder.decode(chunk, { stream: true })).split("\n");
			text = lines.pop() ?? "";
			for (const line of lines) take(JSON.parse(line));
		}
	};
	read(response.body).catch((error) => opened.reject(error));
	await opened.promise;

	return {
		next(timeoutMs = 10_000) {
			const content = contents.shift();
			if (content !== undefined) return Promise.resolve(content);
			return new Promise((resolve, reject) => {
				const take = (received: Uint8Array) => {
					clearTimeout(timer);
					resolve(received);
				};
				const timer = setTimeout(() => {
					waiting.splice(waiting.indexOf(take), 1);
					reject(new Error(`ntfy sent nothing within ${timeoutMs} ms`));
				}, timeoutMs);
				waiting.push(take);
			});
		},
		close: () => ending.abort(),
	};
}

/** The program's path in its system. @throws {MissingPeer} */
function findNtfy(): string {
	const { which, missing } = serversSystem();
	const program = which("ntfy");
	if (program === null) throw missing("ntfy", ["ntfy"]);
	return program;
}
