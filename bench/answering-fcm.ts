/**
 * FCM's protocol, answered at once, as a process of its own. Tells its parent the address, when the first message
 * came, and when as many different devices had one as it was told to expect; ends with its parent.
 */

export type FcmReport =
	| { kind: "listening"; url: string }
	| { kind: "first" }
	/** `seconds`: since the first. `messages`: all that came, those that came twice too. */
	| { kind: "all"; seconds: number; messages: number };

if (import.meta.main) {
	process.on("disconnect", () => process.exit());
	const tell = (report: FcmReport) => process.send?.(report);
	const expected = Number(process.argv[2]);
	const seen = new Set<string>();
	let messages = 0;
	let from = 0;
	const server = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		idleTimeout: 0,
		routes: { "/token": () => Response.json({ access_token: "bearer", expires_in: 3600 }) },
		async fetch(request) {
			const { message } = (await request.json()) as { message: { token: string } };
			if (messages++ === 0) {
				from = performance.now();
				tell({ kind: "first" });
			}
			const before = seen.size;
			seen.add(message.token);
			if (seen.size > before && seen.size === expected)
				tell({ kind: "all", seconds: (performance.now() - from) / 1000, messages });
			return Response.json({ name: "projects/p/messages/0:1" });
		},
	});
	tell({ kind: "listening", url: `http://127.0.0.1:${server.port}` });
}
