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
	/** The same, with all that ntfy's app shows. */
	nextMessage(timeoutMs?: number): Promise<NtfyMessage>;
	close(): void;
}

export interface Ntfy {
	readonly url: string;
	/** The endpoint of a new device, as ntfy's app makes it. */
	newEndpoint(): string;
	/** Connects a device; resolves when ntfy knows of it. @param token its access token, where one is asked for */
	subscribe(endpoint: string, token?: string): Promise<NtfySubscription>;
	/**
	 * Makes an account, where ntfy was started with them.
	 * @param topics what it may do, by a topic's name or a pattern such as `wake-*`
	 * @returns its access token
	 */
	account(name: string, topics: Record<string, "read-only" | "write-only" | "read-write">): Promise<string>;
	/** Ends it and deletes its data. */
	stop(): Promise<void>;
}

/** What is published, as a subscription has it. */
export interface NtfyMessage {
	message?: string;
	/** What is no text comes in base64. */
	encoding?: string;
	title?: string;
	priority?: number;
	tags?: string[];
	click?: string;
	/** Seconds since the epoch; none: it is not kept. */
	expires?: number;
}

/** One line of a subscription. */
interface Line extends NtfyMessage {
	event: "open" | "keepalive" | "message";
}

/**
 * Starts it as ntfy.sh is run: what is published for a device that never connected is refused with 507, since nobody's
 * account of requests is there for it.
 *
 * @param options.accounts nobody may do anything without one
 * @throws {MissingPeer} when it is not installed
 */
export async function startNtfy({ accounts = false } = {}): Promise<Ntfy> {
	const program = findNtfy();
	const folder = temporaryFolder("ntfy");
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const authFile = join(folder.path, "auth.db");
	const settings = {
		NTFY_LISTEN_HTTP: `127.0.0.1:${port}`,
		NTFY_BASE_URL: url,
		NTFY_CACHE_FILE: join(folder.path, "cache.db"),
		NTFY_VISITOR_SUBSCRIBER_RATE_LIMITING: "true",
		NTFY_WEB_ROOT: "disable",
		...(accounts && { NTFY_AUTH_FILE: authFile, NTFY_AUTH_DEFAULT_ACCESS: "deny-all" }),
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
		subscribe: (endpoint, token) => subscribe(endpoint.replace(/\?.*$/, "").concat("/json"), token),
		async account(name, topics) {
			const ask = async (what: string, ...words: string[]) => {
				const command = [program, what, "--config", "/dev/null", "--auth-file", authFile, ...words];
				const child = Bun.spawn(serversSystem().command(command, folder.path), {
					env: { ...process.env, NTFY_PASSWORD: "secret" },
					stdout: "pipe",
					stderr: "pipe",
				});
				// It says what it did on one, and what went wrong on the other.
				const said = await Promise.all([child.stdout, child.stderr].map((one) => new Response(one).text()));
				if ((await child.exited) !== 0) throw new Error(`ntfy ${what}: ${said.join("")}`);
				return said.join("");
			};
			await ask("user", "add", name);
			for (const [topic, right] of Object.entries(topics)) await ask("access", name, topic, right);
			const [token] = /\btk_[a-z0-9]+/.exec(await ask("token", "add", name)) ?? [];
			if (token === undefined) throw new Error("ntfy made no token");
			return token;
		},
		stop,
	};
}

async function subscribe(url: string, token?: string): Promise<NtfySubscription> {
	const ending = new AbortController();
	const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
	const response = await fetch(url, { headers, signal: ending.signal });
	if (!response.ok || !response.body) throw new Error(`ntfy: ${response.status} ${await response.text()}`);
	const opened = Promise.withResolvers<void>();
	const messages: NtfyMessage[] = [];
	const waiting: ((message: NtfyMessage) => void)[] = [];

	function take({ event, ...message }: Line) {
		if (event === "open") opened.resolve();
		if (event !== "message") return;
		const waiter = waiting.shift();
		if (waiter) waiter(message);
		else messages.push(message);
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

	function nextMessage(timeoutMs = 10_000): Promise<NtfyMessage> {
		const message = messages.shift();
		if (message !== undefined) return Promise.resolve(message);
		return new Promise((resolve, reject) => {
			const take = (received: NtfyMessage) => {
				clearTimeout(timer);
				resolve(received);
			};
			const timer = setTimeout(() => {
				waiting.splice(waiting.indexOf(take), 1);
				reject(new Error(`ntfy sent nothing within ${timeoutMs} ms`));
			}, timeoutMs);
			waiting.push(take);
		});
	}

	return {
		nextMessage,
		async next(timeoutMs) {
			const { message = "", encoding } = await nextMessage(timeoutMs);
			return Buffer.from(message, encoding === "base64" ? "base64" : "utf8");
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
