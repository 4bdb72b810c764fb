import { expect, test } from "bun:test";
import { parseConfig } from "../../../src/config/config.ts";
import { warnOfUnserved } from "../../../src/connector/checks/unserved-registrations.ts";
import { hasJid, isServedBy } from "../../../src/connector/connections.ts";
import { createCensus } from "../../../src/store/registrations/census.ts";
import { createRegistrations } from "../../../src/store/registrations/registrations.ts";
import { openTestDatabase } from "../../database.ts";
import { PLENTY, readableLog } from "../../delivery/delivery-fixture.ts";

const ACCOUNT = { service: "wss://a.example/ws", domain: "a.example", username: "push", password: "x" };
const COMPONENT = { service: "xmpp://b.example", domain: "push.b.example", password: "x" };

test("of two resources of one account, each has the stanzas to its own address", () => {
	const { connections } = parseConfig({}, [ACCOUNT, { ...ACCOUNT, resource: "other" }]);
	const held = (jid: string) => connections.findIndex((connection) => hasJid(connection, jid));
	expect(held("push@a.example/other")).toBe(1);
	expect(held("Push@a.example/push")).toBe(0);
	expect(held("push@a.example/Push")).toBe(-1);
	expect(held("push@a.example")).toBe(-1);
	expect(held("")).toBe(-1);
});

test("registrations whose app or address is not served any more are counted at the start", async () => {
	const config = parseConfig({}, [{ ...ACCOUNT, pubsub_host: "pubsub.a.example" }, COMPONENT]);
	const database = await openTestDatabase();
	const registrations = createRegistrations(database.db, PLENTY);
	const served = ["push@a.example/push", "pubsub.a.example", "push.b.example", "me@push.b.example/x"];
	const unserved = ["push@a.example/other", "push.old.example", "pubsub.old.example"];
	let made = 0;
	for (const jid of [...served, ...unserved, undefined]) {
		const device = `d${++made}`;
		const row = { owner: "", app: "webpush", device, token: "t", ...(jid !== undefined && { jid }) };
		await registrations.register(row, () => device);
	}
	await registrations.register({ owner: "", app: "lost", device: "d", token: "t" }, () => "n");
	const { log, lines } = readableLog();
	const census = createCensus(database.db, {
		keys: { ids: ["key-1"] },
		known: () => ({ ids: [], since: 0 }),
		isServed: (jid) => isServedBy(config.connections, jid),
	});
	warnOfUnserved(await census.whole(), config, log);
	await database.close();
	expect(lines).toHaveLength(2);
	expect(lines[0]).toContain('"app":"lost","count":1');
	expect(lines[1]).toContain('"count":3');
});
