/** A client nobody here wrote registers by ad-hoc command, and is woken. */
import { afterEach, expect, test } from "bun:test";
import { registerWithSlixmpp } from "../peers/slixmpp.ts";
import { openScene, type Scene, servers } from "./scene.ts";

let scene: Scene | undefined;
afterEach(() => scene?.stop());

test.each([...servers])(
	"slixmpp registers over %s, enables push, and is woken",
	async (program) => {
		scene = await openScene(program);
		const { server, endpoint, reveille } = scene;
		const device = endpoint.createSubscription({ applicationServerKey: await reveille.vapidPublicKey() });
		const { endpoint: token, keys } = device.subscription;
		const { commands, values, fields, columns, rows } = await registerWithSlixmpp({
			jid: `bob@${server.host}`,
			password: "secret",
			host: "127.0.0.1",
			port: server.ports.c2s,
			push: `push@${server.host}/push`,
			command: "register-push-mozilla",
			fields: { token, ...keys, "device-name": "slixmpp" },
		});
		// In no order: slixmpp has them as a set.
		expect(commands.sort()).toEqual([
			...["list-push-registrations", "register-push-mozilla", "register-push-ubuntu"],
			...["rename-push", "test-push", "unregister-push"],
		]);
		expect(values).toMatchObject({ jid: `push@${server.host}/push` });
		// What a person would see: every field and column has a type and a label, every row has all columns.
		expect(Object.keys(fields)).toEqual(["jid", "node", "secret"]);
		for (const drawn of [...Object.values(fields), ...Object.values(columns)]) {
			expect(drawn).toEqual([expect.stringMatching(/-single$/), expect.stringMatching(/./)]);
		}
		const { node = "" } = values;
		const tried = { "last-success": "", "last-error": "" };
		expect(rows).toEqual([{ "device-name": "slixmpp", node, app: "webpush", ...tried }]);
		expect(Object.keys(rows[0] ?? {}).sort()).toEqual(Object.keys(columns).sort());

		const alice = await scene.login("alice");
		await alice.sendMessage(`bob@${server.host}`, "Wake up");
		const push = await endpoint.waitForPush();
		expect(JSON.parse(device.decryptText(push.body))).toMatchObject({ node });
	},
	60_000,
);
