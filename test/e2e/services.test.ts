/** Every push service, behind a real server: a message to a sleeping app arrives as its provider delivers it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { SERVICES as DEFINITIONS } from "../../src/services/registry.ts";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import { SERVICES, type ServiceDouble, startServiceDouble } from "../peers/service-double.ts";
import { connectUser } from "../peers/user.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { startServer } from "./scene.ts";

const ADMIN_TOKEN = "the-operators-own-token-of-32-characters";

let server: XmppServer;
let reveille: Reveille;
const doubles = new Map<string, ServiceDouble>();

beforeAll(async () => {
	server = await startServer("prosody", { pushWith: { body: true, sender: true } });
	await server.addUsers(["push", "alice", ...SERVICES], "secret");
	for (const service of SERVICES) doubles.set(service, await startServiceDouble(service));
	const settings = Object.assign({}, ...[...doubles.values()].map((double) => double.settings));
	// One process serves them all.
	reveille = await startReveille({ server, settings: { ...settings, ADMIN_TOKEN } });
}, 60_000);

afterAll(async () => {
	await reveille?.stop();
	await server?.stop();
	for (const double of doubles.values()) await double.stop();
}, 60_000);

const login = (username: string) =>
	connectUser({ service: server.websocketUrl, domain: server.host, username, password: "secret" });

describe.each([...SERVICES])("%s", (service) => {
	test("wakes a sleeping app", async () => {
		const double = doubles.get(service);
		if (!double) throw new Error("no double");
		const device = double.device(await reveille.vapidPublicKey());
		const address = await reveille.registerDevice({ app: double.app, ...device });
		const user = await login(service);
		await user.online();
		await user.enablePush(address);
		await user.goOffline();
		await (await login("alice")).sendMessage(user.bareJid, "Wake up!");
		const { content } = await double.arrived();
		expect(content).toContain(double.identifies?.(address.node) ?? address.node);
		// What the provider could read does not leave unless the operator lets it.
		expect(content.includes("Wake up!")).toBe(DEFINITIONS[service].isSealed === true);
	}, 30_000);
});

test("the provider's word on our credentials is in the log from the start, and all is counted", async () => {
	for (const app of ["apns", "fcm", "wns"])
		await reveille.untilLogged(`${app}: its push service accepts our credentials`);
	const scrape = async () => {
		const answer = await fetch(`${reveille.url}/metrics`, {
			headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
		});
		return answer.text();
	};
	let text = await scrape();
	// A push has arrived before its sender has heard so.
	for (const deadline = Date.now() + 10_000; Date.now() < deadline; text = await scrape()) {
		if (text.includes(`reveille_answers_total{answer="delivered"} ${SERVICES.length}`)) break;
		await Bun.sleep(20);
	}
	expect(text).toContain(`reveille_publishes_total ${SERVICES.length}`);
	for (const app of SERVICES)
		expect(text).toContain(`reveille_outcomes_total{app="${app}",outcome="delivered"} 1`);
	expect(text).toContain(`reveille_xmpp_online{address="push@${server.host}/push"} 1`);
});
