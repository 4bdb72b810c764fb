/** What a server of a database may answer: nothing of it fills the memory, the log, or takes for ever. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { connect } from "../../../src/bun/database/open.ts";
import { answerBounds } from "../../../src/limits/bounds/answers.ts";
import { faultOf } from "../../../src/store/database-fault.ts";

const MIB = 1024 * 1024;
let answer: (request: Request) => Response | Promise<Response>;
let server: ReturnType<typeof Bun.serve>;
beforeEach(() => {
	server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => answer(request) });
});
afterEach(() => server.stop(true));

/** What becomes of a question. */
async function fault(deadlineMs = 20_000): Promise<string> {
	const client = await connect({ url: `http://127.0.0.1:${server.port}`, deadlineMs });
	try {
		await client.execute("SELECT 1");
		return "it was answered";
	} catch (error) {
		return faultOf(error);
	} finally {
		client.close();
	}
}

test("an answer without end is let go of", async () => {
	let sent = 0;
	const ended = Promise.withResolvers<void>();
	answer = () =>
		new Response(
			new ReadableStream({
				async pull(controller) {
					sent += MIB;
					controller.enqueue(new Uint8Array(MIB).fill(0x20));
				},
				cancel: () => ended.resolve(),
			}),
			{ headers: { "Content-Type": "application/json" } },
		);
	expect(await fault()).toContain(`longer than ${answerBounds.database.is} bytes`);
	await ended.promise;
	// What is on its way counts too.
	expect(sent).toBeLessThan(answerBounds.database.is + 64 * MIB);
});

test("one that says beforehand that it is too long is not read", async () => {
	let sent = 0;
	answer = () =>
		new Response(
			new ReadableStream({
				pull(controller) {
					sent++;
					controller.enqueue(new Uint8Array(1024));
				},
			}),
			{ headers: { "Content-Length": String(1024 * MIB), "Content-Type": "application/json" } },
		);
	expect(await fault()).toContain("longer than");
	expect(sent).toBeLessThan(128 * 1024);
});

test("a compressed one is asked for by nobody, and not unpacked", async () => {
	const bomb = gzipSync(Buffer.alloc(8 * MIB, 0x20));
	let asked: string | null = null;
	answer = ({ headers }) => {
		asked = headers.get("Accept-Encoding");
		return new Response(bomb, {
			headers: { "Content-Encoding": "gzip", "Content-Type": "application/json" },
		});
	};
	expect(await fault()).toContain("compressed");
	expect(asked as string | null).toBe("identity");
});

test("one that comes byte after byte has a deadline", async () => {
	answer = () =>
		new Response(
			new ReadableStream({
				async pull(controller) {
					controller.enqueue(new Uint8Array([0x20]));
					await Bun.sleep(20);
				},
			}),
			{ headers: { "Content-Type": "application/json" } },
		);
	expect(await fault(300)).toContain("Timeout");
});

describe("a failure in a megabyte of words", () => {
	const words = "no ".repeat(MIB / 3);

	test.each<[string, () => Response]>([
		["as text", () => new Response(words, { status: 500, headers: { "Content-Type": "text/plain" } })],
		["as JSON", () => Response.json({ message: words, code: words }, { status: 500 })],
		[
			"as the fault of a statement",
			() =>
				Response.json({
					baton: null,
					base_url: null,
					results: [
						{ type: "error", error: { message: words, code: words } },
						{ type: "error", error: {} },
					],
				}),
		],
	])("%s is told in some of them", async (_, failing) => {
		answer = failing;
		const told = await fault();
		expect(told).toMatch(/Error/);
		expect(told.length).toBeLessThan(answerBounds.databaseFault.is + 10);
	});
});

test("a server named by ws:// is asked over HTTP, where all this holds", async () => {
	let method = "";
	answer = (request) => {
		({ method } = request);
		return new Response("no", { status: 500 });
	};
	const client = await connect({ url: `ws://127.0.0.1:${server.port}` });
	await expect(client.execute("SELECT 1")).rejects.toThrow("HTTP status 500");
	expect(method).toBe("POST");
	client.close();
});
