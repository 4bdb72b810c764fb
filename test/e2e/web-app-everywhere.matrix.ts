/** The web app's set-up up to the test push, wherever it is served from and however the user's server keeps passwords. */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { runToEnd } from "../peers/child.ts";
import { bundleWorker } from "../peers/edge.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { startReveille } from "../peers/reveille.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";
import { startWorkerd } from "../peers/workerd.ts";
import type { XmppServerOptions } from "../peers/xmpp-server.ts";
import { openEdgeScene } from "./edge-scene.ts";
import { type ServerName, startServer } from "./scene.ts";
import { setUp } from "./web-app/reading.ts";
import { startRelay } from "./web-app/relay.ts";
import { startVisitor } from "./web-app/visitor.ts";

const ROOT = join(import.meta.dir, "../../");

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

/** A server with a relay before it, a push service, and somebody with a browser. */
async function openPlace(program: ServerName, options: XmppServerOptions = {}) {
	const server = await startServer(program, options);
	ends.push(() => server.stop());
	await server.addUsers(["push", "bob"], "secret");
	const relay = startRelay(server.websocketUrl);
	ends.push(() => relay.stop());
	const endpoint = startWebPushServer();
	ends.push(() => endpoint.stop());
	const visitor = await startVisitor({ pushServerUrl: endpoint.browserUrl });
	ends.push(() => visitor.close());
	const who = { jid: `bob@${server.host}`, password: "secret", server: relay.url };
	return { server, relay, visitor, setUp: (url: string) => setUp(visitor, url, who) };
}

const KEPT: [ServerName, NonNullable<XmppServerOptions["passwords"]>][] = [
	["prosody", "SHA-1"],
	["prosody", "SHA-256"],
	["ejabberd", "SHA-1"],
	["ejabberd", "SHA-256"],
	["ejabberd", "SHA-512"],
];

test.each(KEPT)(
	"at %s that keeps passwords as %s",
	async (program, passwords) => {
		const { server, relay, setUp } = await openPlace(program, { passwords });
		const reveille = await startReveille({ server });
		ends.push(() => reveille.stop());
		await setUp(reveille.url);
		const mechanisms = relay.said.flatMap((element) => /mechanism="([^"]+)"/.exec(element)?.[1] ?? []);
		expect(mechanisms).toEqual([`SCRAM-${passwords}`, `SCRAM-${passwords}`]);
	},
	120_000,
);

test("served by workerd, with a connector elsewhere", async () => {
	const { server, setUp } = await openPlace("prosody");
	const bundle = await bundleWorker();
	ends.push(bundle.remove);
	const scene = await openEdgeScene({ start: startWorkerd, bundle, connector: { server } });
	ends.push(() => scene.stop());
	await scene.connector?.untilLogged("is online");
	await setUp(scene.edge.url);
	expect(await server.pushEnabled("bob")).toHaveLength(1);
}, 120_000);

test("served by the binary", async () => {
	const { server, setUp } = await openPlace("prosody");
	const folder = temporaryFolder("binary");
	ends.push(folder.remove);
	const binary = join(folder.path, "reveille");
	const build = [process.execPath, join(ROOT, "build/binary.ts"), "--outfile", binary];
	const { code, stderr } = await runToEnd(build, { cwd: folder.path, env: {} });
	if (code !== 0) throw new Error(stderr);
	const reveille = await startReveille({ server, command: () => [binary] });
	ends.push(() => reveille.stop());
	await setUp(reveille.url);
	expect(await server.pushEnabled("bob")).toHaveLength(1);
}, 180_000);
