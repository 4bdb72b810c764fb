/** What is said of clocks, and of certificates that nobody checks. */
import { expect, test } from "bun:test";
import { createServer } from "node:http";
import { startWebPushServer } from "../peers/web-push-server.ts";
import { startServer } from "./scene.ts";
import { ADMIN_TOKEN, ends, facts, readyOf, reveille } from "./server-trust.ts";

/** A push service ten minutes ahead of us. @returns its origin */
async function earlyPushService(): Promise<string> {
	const service = createServer((request, response) => {
		request.resume();
		response.setHeader("Date", new Date(Date.now() + 600_000).toUTCString());
		response.writeHead(201).end();
	});
	await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
	ends.push(() => service.close());
	ends.push(() => service.closeAllConnections());
	return `http://localhost:${(service.address() as { port: number }).port}`;
}

test("a push service that the operator named is heard on what time it is, and one that a client chose is not", async () => {
	const server = await startServer("prosody");
	ends.push(() => server.stop());
	await server.addUser("push", "secret");
	const origin = await earlyPushService();
	const devices = startWebPushServer();
	ends.push(() => devices.stop());
	for (const named of [false, true]) {
		const started = await reveille({
			XMPP_SERVICE: server.websocketUrl,
			XMPP_USERNAME: "push@example.org",
			XMPP_PASSWORD: "secret",
			// Each has a database of its own: neither is to wait for the other's address.
			XMPP_RESOURCE: named ? "named" : "chosen",
			...(named && { WEBPUSH_ALLOW_HOSTS: "localhost" }),
		});
		await started.untilReady();
		const applicationServerKey = await started.vapidPublicKey();
		const { subscription } = devices.createSubscription({ applicationServerKey });
		const { node, deviceSecret } = await started.register({ ...subscription, endpoint: `${origin}/device` });
		const pushed = await started.api("POST", `/registrations/${node}/test`, deviceSecret);
		expect(pushed.status).toBe(200);
		const { notes } = await facts(started);
		if (named) expect(notes?.join()).toStartWith("localhost says that it is 10 minutes later");
		else expect(notes).toEqual([]);
	}
}, 60_000);

test("NODE_TLS_REJECT_UNAUTHORIZED=0 is the first thing that the log and admins are told", async () => {
	const started = await reveille({ NODE_TLS_REJECT_UNAUTHORIZED: "0" });
	expect(started.log()).toContain("NO CERTIFICATE IS CHECKED");
	expect((await readyOf(started, ADMIN_TOKEN)).notes?.[0]).toContain("NO CERTIFICATE IS CHECKED");
}, 60_000);
