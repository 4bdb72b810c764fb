/**
 * A component of an ejabberd with mod_privilege, as sites with gateways have it. In 24.12 that module takes every IQ of
 * a component to a bare JID for its own, and drops it when it is not; answers it lets through
 * (github.com/processone/ejabberd/issues/4336).
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { getLogger } from "@logtape/logtape";
import xml from "@xmpp/xml";
import { startConnection } from "../../src/connector/connection.ts";
import { connectComponent } from "../peers/component.ts";
import { followReplies, TELLING } from "./publish-replies.ts";
import { names, openScene, type Scene, type Sleeper } from "./scene.ts";

const IDLE_MS = 180_000;
/** Beside the idle time, ms. A machine that stood still meanwhile, as it did once for nine minutes, is no failure. */
const AT_MOST_MS = 900_000;
const SPARE = { domain: "spare.example.org", secret: "the spare's secret" };

let scene: Scene;
let sleepers: Sleeper[];
beforeAll(async () => {
	const users = names(10);
	scene = await openScene("ejabberd", {
		transport: "component",
		users,
		xmpp: {
			...TELLING.ejabberd,
			components: [{ domain: "push.example.org", secret: "component-secret" }, SPARE],
			// It may do all that a gateway may.
			modules: { mod_privilege: { roster: { both: "all" }, message: { outgoing: "all" } } },
		},
		settings: { PUSH_INTERVAL_MS: "0" },
	});
	sleepers = await scene.sleepers(...users);
}, 60_000);
afterAll(() => scene?.stop(), 60_000);

test("a component's IQ to a bare JID is dropped there, and one to a resource is not", async () => {
	const component = await connectComponent(scene.server, SPARE);
	const came: string[] = [];
	const last = Promise.withResolvers<void>();
	component.onStanza(({ name, attrs }) => {
		// Not the message that says what it may do.
		if (name === "iq") came.push(attrs.id);
		if (attrs.id === "last") last.resolve();
		return undefined;
	});
	const ping = xml("ping", "urn:xmpp:ping");
	for (const [id, to] of [
		["bare", SPARE.domain],
		["server", scene.server.host],
		["last", `${SPARE.domain}/alive`],
	]) {
		component.send(xml("iq", { type: "get", id, from: SPARE.domain, to }, ping));
	}
	await last.promise;
	expect(came).toEqual(["last"]);
	await component.close();
});

test("the server answers when it is asked for a sign of life", async () => {
	let asked = 0;
	const often = Promise.withResolvers<void>();
	const connection = await startConnection({
		settings: {
			kind: "component",
			service: scene.server.componentUrl,
			domain: SPARE.domain,
			password: SPARE.secret,
			address: SPARE.domain,
			allow: ["*"],
		},
		streams: { load: async () => undefined, save: async () => {}, forget: async () => {} },
		async handle({ attrs }) {
			if (attrs.type === "get" && ++asked === 10) often.resolve();
			return undefined;
		},
		onBacklog: async () => {},
		log: getLogger("test"),
		timing: { silence: 20, grace: 3_000, farewell: 10 },
	});
	await connection.online;
	await often.promise;
	expect(connection.status()).toEqual({ kind: "online" });
	await connection.stop(async () => {});
});

test(
	"a component that is idle for three minutes stays, and publishes go through",
	async () => {
		const lost = scene.reveille.untilLogged("is not online", IDLE_MS);
		await expect(lost).rejects.toThrow(`was not ready after ${IDLE_MS} ms`);

		const replies = followReplies(scene.server);
		const alice = await scene.login("alice");
		for (const { jid, device, address } of sleepers) {
			await alice.sendMessage(jid, "Wake up!");
			await scene.endpoint.waitForPush(({ endpoint }) => endpoint === device.subscription.endpoint);
			expect(await replies.next(address.node)).toBe("result");
		}
		for (const { name, address } of sleepers) {
			const { jid, node } = address;
			expect(await scene.server.pushEnabled(name)).toEqual([{ jid, node }]);
		}
		expect(scene.reveille.log().split("is online").length - 1).toBe(1);
	},
	IDLE_MS + AT_MOST_MS,
);
