/** Events as they happen, over real connections. */
import { afterEach, expect, test } from "bun:test";
import { listen } from "../../../../src/bun/listen.ts";
import { ADMIN_TOKEN, type ConsoleServer, startConsole } from "./console-fixture.ts";

let server: ConsoleServer;
let http: ReturnType<typeof listen> | undefined;
afterEach(async () => {
	await http?.stop(true);
	await server.close();
});

async function start() {
	server = await startConsole({ publicUrl: undefined });
	http = listen({ host: "127.0.0.1", port: 0 }, (request, env) => server.app.fetch(request, env));
	const origin = `http://127.0.0.1:${http.port}`;
	const signedIn = await fetch(`${origin}/admin/api/session`, {
		method: "POST",
		headers: { "Content-Type": "application/json", Origin: origin },
		body: JSON.stringify({ token: ADMIN_TOKEN }),
	});
	const Cookie = signedIn.headers.get("Set-Cookie")?.split(";")[0] ?? "";
	return (signal?: AbortSignal) =>
		fetch(`${origin}/admin/api/events/live`, { headers: { Cookie }, ...(signal && { signal }) });
}

test("a page hears of an event at once, and one that leaves makes room for another", async () => {
	const open = await start();
	const leaving = new AbortController();
	const first = await open(leaving.signal);
	const others = [await open(), await open(), await open()];
	expect(first.headers.get("Content-Type")).toBe("text/event-stream; charset=utf-8");
	expect((await open()).status).toBe(429);
	const reader = others[0]?.body?.getReader();
	await reader?.read();
	await server.note({ at: 1, kind: "gate", reason: "shut", decider: "reveille", decidedBy: "Reveille" });
	expect(new TextDecoder().decode((await reader?.read())?.value)).toContain('"reason":"shut"');

	leaving.abort();
	for (let status = 429; status === 429; ) {
		const again = await open();
		status = again.status;
		if (status === 429) await Bun.sleep(10);
	}
});
