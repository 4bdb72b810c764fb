/** Push at own users' servers, which answer as the test says. */
import { afterEach, describe, expect, test } from "bun:test";
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { createEnabler } from "../../../src/connector/enabling/enabler.ts";
import { createPermissions } from "../../../src/connector/enabling/permissions.ts";
import { enablingBounds } from "../../../src/limits/bounds/enabling.ts";
import { domainAlone } from "../../../src/messages/whom.ts";
import { createOwnUsers, notingEnds } from "../../../src/registering/own-users.ts";
import { createKeyring, underKey } from "../../../src/secrets.ts";
import { createEnablings } from "../../../src/store/enablings.ts";
import { createRegistrations } from "../../../src/store/registrations/registrations.ts";
import { NS } from "../../../src/xmpp/namespaces.ts";
import { RequestFailed } from "../../../src/xmpp/requests.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";
import { readableLog } from "../../delivery/delivery-fixture.ts";
import { component } from "../component-double.ts";

const KEY = "a key of at least thirty-two characters, for tests";
const keyring = await createKeyring(KEY, ["an older key of at least thirty-two characters"]);
const ROMEO = "romeo@example.org";
const ADDRESS = "push.example.org";
/** A domain of another server. */
const OTHER = "example.net";
const DAY_MS = 86_400_000;

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

/** As mod_privilege wraps it. */
const result = (inner = xml("iq", { xmlns: NS.client, type: "result" })) =>
	xml(
		"iq",
		{ type: "result" },
		xml("privilege", { xmlns: NS.privilege }, xml("forwarded", { xmlns: NS.forward }, inner)),
	);
const innerError = (condition: string) =>
	result(
		xml(
			"iq",
			{ xmlns: NS.client, type: "error" },
			xml("error", { type: "cancel" }, xml(condition, { xmlns: NS.stanzaErrors })),
		),
	);
const permission = (type: string, from = "example.org") =>
	xml(
		"message",
		{ from, to: ADDRESS },
		xml(
			"privilege",
			{ xmlns: NS.privilege },
			xml("perm", { access: "iq" }, xml("namespace", { ns: NS.push, type })),
		),
	);

async function open(given?: TestDatabase, isTrusted = true) {
	const database = given ?? (await openTestDatabase());
	if (!given) ends.push(() => database.close());
	const state = { now: Date.now(), answer: async (): Promise<Element> => result() };
	const asked: { to: string; payload: Element }[] = [];
	const enablings = createEnablings(database.db, () => state.now);
	const registrations = createRegistrations(database.db, { owner: 50, address: 50, host: 50 });
	const permissions = createPermissions(["example.org", OTHER]);
	const { log, lines } = readableLog();
	const enabler = createEnabler({
		enablings,
		registrations,
		keyring,
		permissions,
		ownerForm: domainAlone,
		log,
		now: () => state.now,
		timing: { lookEvery: 5, answer: 200 },
	});
	ends.push(() => enabler.stop());
	permissions.listen(enabler.permitted);
	permissions.opened(ADDRESS);
	if (isTrusted) for (const domain of permissions.domains) permissions.trust(ADDRESS, domain, true);
	const ownUsers = createOwnUsers({
		domains: ["example.org"],
		address: ADDRESS,
		enablings,
		keyring,
		isBarred: (owner) => owner === "tybalt@example.org",
		attempt: enabler.attempt,
	});
	const connection = {
		settings: component("xmpp://127.0.0.1:1"),
		ask: (_: "get" | "set", to: string, payload: Element) => {
			asked.push({ to, payload });
			return state.answer();
		},
	};
	return {
		database,
		state,
		asked,
		enablings,
		registrations,
		permissions,
		enabler,
		ownUsers,
		log,
		lines,
		start: () => enabler.start([connection]),
		/** A registration that is to be enabled. */
		async registered(owner = ROMEO) {
			const node = keyring.createNode();
			await enablings.want({ node, owner, jid: ADDRESS });
			await registrations.register({ owner, app: "webpush", device: `own:${node}`, token: "t" }, () => node);
			return node;
		},
		async until(node: string, wished: string | undefined) {
			for (;;) {
				const found = await enablings.find(node);
				if (found?.state === wished) return found;
				await Bun.sleep(5);
			}
		},
	};
}

test("what is asked is one enable with our address, the node and its secret, in the user's name", async () => {
	const { start, permissions, registered, enabler, asked } = await open();
	start();
	permissions.hear(ADDRESS, permission("set"));
	const node = await registered();
	expect(await enabler.attempt(node)).toMatchObject({ state: "enabled", owner: ROMEO });
	expect(asked.map(({ to }) => to)).toEqual([ROMEO]);
	const iq = asked[0]?.payload.getChild("iq", NS.client);
	expect(iq?.attrs).toMatchObject({ type: "set", from: ROMEO, to: ROMEO, id: expect.stringMatching(/./) });
	const [enable, ...more] = iq?.getChildElements() ?? [];
	expect([enable?.name, enable?.attrs, more]).toEqual(["enable", { xmlns: NS.push, jid: ADDRESS, node }, []]);
	const secret = enable?.getChild("x")?.getChildByAttr("var", "secret")?.getChildText("value");
	expect(secret).toBe(await keyring.secretOf(node));
});

test("nothing is asked of a server that did not permit it, took it back, or is none that is listed or trusted", async () => {
	const { start, permissions, registered, enabler, asked } = await open();
	start();
	const node = await registered();
	expect(await enabler.attempt(node)).toMatchObject({
		state: "waiting",
		reason: "example.org does not give the permission (XEP-0356)",
	});
	permissions.hear(ADDRESS, permission("get"));
	permissions.hear(ADDRESS, permission("set", "example.com"));
	permissions.hear(ADDRESS, permission("set", "mallory@example.org"));
	await enabler.attempt(node);
	permissions.hear(ADDRESS, permission("both"));
	permissions.opened(ADDRESS);
	await enabler.attempt(node);
	permissions.hear(ADDRESS, permission("both"));
	permissions.trust(ADDRESS, "example.org", false);
	await enabler.attempt(node);
	const elsewhere = await registered("carol@example.com");
	expect(await enabler.attempt(elsewhere)).toMatchObject({
		reason: "XMPP_ENABLE_FOR does not list example.com",
	});
	expect(asked).toEqual([]);
});

test("what waits is done as soon as the permission comes, without being asked for", async () => {
	const { start, permissions, registered, enabler, until } = await open();
	start();
	const node = await registered();
	await enabler.attempt(node);
	permissions.hear(ADDRESS, permission("set"));
	expect(await until(node, "enabled")).toMatchObject({ owner: ROMEO });
});

test("a permission that came before its server was looked at counts from then on", async () => {
	const { start, permissions, registered, enabler, asked } = await open(undefined, false);
	start();
	permissions.hear(ADDRESS, permission("set"));
	const node = await registered();
	const attempt = enabler.attempt(node);
	await Bun.sleep(20);
	expect(asked).toEqual([]);
	permissions.trust(ADDRESS, "example.org", true);
	expect(await attempt).toMatchObject({ state: "enabled" });
});

test("what another connector's address is enabled with is left to that one", async () => {
	const { start, permissions, enablings, registrations, registered, until, state } = await open();
	const node = keyring.createNode();
	await enablings.want({ node, owner: ROMEO, jid: "push2.example.org" });
	await registrations.register({ owner: ROMEO, app: "webpush", device: "own:1", token: "t" }, () => node);
	await enablings.ready(node);
	start();
	permissions.hear(ADDRESS, permission("set"));
	const its = await registered();
	await enablings.ready(its);
	await until(its, "enabled");
	expect(await enablings.find(node)).toMatchObject({ state: "waiting", tries: 0 });
	// Whoever had it is gone.
	state.now += enablingBounds.waitingDays.is * DAY_MS + 1;
	await until(node, "refused");
});

test("a server that does not answer holds up no other one", async () => {
	const { start, permissions, registered, state, enablings, until } = await open();
	const silent = Promise.withResolvers<Element>();
	ends.push(() => silent.resolve(result()));
	for (let n = 0; n < 20; n++) await enablings.ready(await registered(`user${n}@example.org`));
	state.answer = () => silent.promise;
	start();
	permissions.hear(ADDRESS, permission("set"));
	await Bun.sleep(30);
	state.answer = async () => result();
	permissions.hear(ADDRESS, permission("set", OTHER));
	const node = await registered(`juliet@${OTHER}`);
	await enablings.ready(node);
	await until(node, "enabled");
});

test("what its device gave up while no server was there yet is not enabled when one comes", async () => {
	const { start, permissions, registered, enabler, registrations, enablings, asked, until } = await open(
		undefined,
		false,
	);
	start();
	const node = await registered();
	expect(await enabler.attempt(node)).toMatchObject({ state: "waiting" });
	// That try has its own end soon after.
	for (let n = 0; n < 100 && (await enablings.find(node))?.tries === 0; n++) await Bun.sleep(5);
	await registrations.remove(node);
	await enablings.end([node]);
	permissions.hear(ADDRESS, permission("set"));
	permissions.trust(ADDRESS, "example.org", true);
	await until(node, undefined);
	expect(asked.map(({ payload }) => payload.getChild("iq")?.getChildElements()[0]?.name)).toEqual([
		"disable",
	]);
});

test("a connection that does not reach a server takes nothing from the one that does", async () => {
	const { start, permissions, registered, enabler } = await open();
	start();
	permissions.hear(ADDRESS, permission("set"));
	permissions.opened("push2.example.net");
	permissions.trust("push2.example.net", "example.org", false);
	expect(permissions.given()).toEqual(["example.org"]);
	expect(await enabler.attempt(await registered())).toMatchObject({ state: "enabled" });
});

describe("a server's answer", () => {
	const failed = (condition: string, text = "") => new RequestFailed(condition, text);
	test.each([
		["that there is no such user", failed("forbidden", "must be a bare JID of a local user"), "refused"],
		["that the permission is gone", failed("forbidden", "no privilege granted"), "waiting"],
		["that it knows no such request", failed("service-unavailable"), "waiting"],
		["that something failed", failed("internal-server-error"), "waiting"],
		["that never came", failed("remote-server-timeout"), "waiting"],
	])("%s", async (_, error, becomes) => {
		const { start, permissions, registered, enabler, state } = await open();
		start();
		permissions.hear(ADDRESS, permission("set"));
		state.answer = () => Promise.reject(error);
		const node = await registered();
		const told = await enabler.attempt(node);
		expect(told).toMatchObject({ state: becomes, reason: `its server answered ${error.message}` });
	});

	test("is the one inside: an error there is an error, and nothing there is none", async () => {
		const { start, permissions, registered, enabler, state } = await open();
		start();
		permissions.hear(ADDRESS, permission("set"));
		state.answer = async () => innerError("item-not-found");
		expect(await enabler.attempt(await registered())).toMatchObject({ state: "refused" });
		state.answer = async () => xml("iq", { type: "result" });
		expect(await enabler.attempt(await registered())).toMatchObject({ state: "waiting" });
	});
});

test("the log names nobody whom LOG_OWNERS does not, whatever the server's answer says", async () => {
	const { start, permissions, registered, enabler, state, lines } = await open();
	start();
	permissions.hear(ADDRESS, permission("set"));
	for (const condition of ["remote-server-timeout", "item-not-found"]) {
		state.answer = () => Promise.reject(new RequestFailed(condition, `${ROMEO} did not answer`));
		const node = await registered();
		expect((await enabler.attempt(node))?.reason).toContain(ROMEO);
	}
	expect(lines.filter((line) => line.includes("did not answer"))).toHaveLength(2);
	expect(lines.join("\n")).not.toContain(ROMEO);
});

test("what was refused is not tried again: another person may have the account by then", async () => {
	const { start, permissions, registered, enabler, state, asked } = await open();
	start();
	permissions.hear(ADDRESS, permission("set"));
	state.answer = async () => innerError("item-not-found");
	const node = await registered();
	await enabler.attempt(node);
	state.answer = async () => result();
	const count = asked.length;
	permissions.opened(ADDRESS);
	permissions.hear(ADDRESS, permission("set"));
	state.now += 3_600_000;
	expect(await enabler.attempt(node)).toMatchObject({ state: "refused" });
	await Bun.sleep(30);
	expect(asked).toHaveLength(count);
});

test("what waits for a week is refused, and what ended is given up after a month", async () => {
	const { start, permissions, registered, enabler, state, enablings } = await open();
	start();
	permissions.hear(ADDRESS, permission("set"));
	state.answer = () => Promise.reject(new RequestFailed("service-unavailable"));
	const node = await registered();
	await enabler.attempt(node);
	state.now += enablingBounds.waitingDays.is * DAY_MS + 1;
	expect(await enabler.attempt(node)).toMatchObject({ state: "refused" });
	await enablings.end([node]);
	await enabler.attempt(node);
	state.now += enablingBounds.endingDays.is * DAY_MS + 1;
	expect(await enabler.attempt(node)).toBeUndefined();
});

test("what no server permitted for a week is refused, and not enabled when one does: another person may have the account", async () => {
	const { start, permissions, registered, state, asked, enabler, until, lines } = await open();
	start();
	const node = await registered();
	await enabler.attempt(node);
	state.now += enablingBounds.waitingDays.is * DAY_MS + 1;
	expect(await until(node, "refused")).toMatchObject({
		reason: "example.org does not give the permission (XEP-0356)",
	});
	expect(lines.join("\n")).toContain(`"id":"enabling-refused"`);
	permissions.hear(ADDRESS, permission("set"));
	await Bun.sleep(30);
	expect(asked).toEqual([]);
});

test("what waited for a week is not enabled by what comes first then", async () => {
	const { start, permissions, registered, state, asked, enabler } = await open();
	const node = await registered();
	await enabler.attempt(node);
	state.now += enablingBounds.waitingDays.is * DAY_MS + 1;
	start();
	permissions.hear(ADDRESS, permission("set"));
	expect(await enabler.attempt(node)).toMatchObject({ state: "refused" });
	expect(asked).toEqual([]);
});

test("what ended and no server permits to tell of is given up after a month, also of a domain that is listed no more", async () => {
	const { start, registered, state, enablings, until } = await open();
	start();
	const nodes = [await registered(), await registered("carol@example.com")];
	await enablings.end(nodes);
	state.now += enablingBounds.endingDays.is * DAY_MS + 1;
	for (const node of nodes) await until(node, undefined);
});

describe("a registration that ended", () => {
	test("is disabled for its node alone, whoever ended it", async () => {
		const { start, permissions, registered, enabler, asked, registrations, ownUsers, log, lines, until } =
			await open();
		start();
		permissions.hear(ADDRESS, permission("set"));
		const node = await registered();
		await enabler.attempt(node);
		const registration = await registrations.findAtPrimary(node);
		await registrations.remove(node);
		notingEnds(ownUsers, log)(registration ?? { node, owner: "", device: "" });
		await until(node, undefined);
		const [disable] = asked.at(-1)?.payload.getChild("iq")?.getChildElements() ?? [];
		expect([disable?.name, disable?.attrs]).toEqual(["disable", { xmlns: NS.push, jid: ADDRESS, node }]);
		expect(lines.join("\n")).toContain("Push is disabled for");
	});

	test("is found by the next start, where the process was killed before it could write it down", async () => {
		const { registrations, registered, enablings, database, state } = await open();
		const node = await registered();
		await enablings.settle((await enablings.find(node)) as never, { state: "enabled" });
		const never = keyring.createNode();
		await enablings.want({ node: never, owner: ROMEO, jid: ADDRESS });
		await registrations.remove(node);
		const next = await open(database);
		next.state.now = state.now + 60_000;
		next.start();
		next.permissions.hear(ADDRESS, permission("set"));
		await next.until(node, undefined);
		await next.until(never, undefined);
		expect(next.asked.map(({ payload }) => payload.getChild("iq")?.getChildElements()[0]?.name)).toEqual([
			"disable",
			"disable",
		]);
	});

	test("of a deleted account needs nobody to be told", async () => {
		const { start, permissions, registered, enabler, state, enablings } = await open();
		start();
		permissions.hear(ADDRESS, permission("set"));
		const node = await registered();
		await enabler.attempt(node);
		await enablings.end([node]);
		state.answer = () => Promise.reject(new RequestFailed("forbidden", "a bare JID of a local user"));
		expect(await enabler.attempt(node)).toBeUndefined();
	});

	test("under an older key: once the server has the current node, the old one is disabled", async () => {
		const { start, permissions, registrations, enablings, enabler, asked, until } = await open();
		start();
		permissions.hear(ADDRESS, permission("set"));
		const current = keyring.createNode();
		const old = underKey(current, keyring.ids[1] ?? "");
		await registrations.register({ owner: ROMEO, app: "webpush", device: "d", token: "t" }, () => old);
		await enablings.want({ node: old, owner: ROMEO, jid: ADDRESS });
		expect(await enabler.attempt(old)).toMatchObject({ state: "enabled" });
		await registrations.rename((await registrations.findAtPrimary(old)) as never, current);
		await enablings.want({ node: current, owner: ROMEO, jid: ADDRESS });
		expect(await enabler.attempt(current)).toMatchObject({ state: "enabled" });
		await until(old, undefined);
		const last = asked.at(-1)?.payload.getChild("iq")?.getChildElements()[0];
		expect([last?.name, last?.attrs.node]).toEqual(["disable", old]);
	});
});

test("a database that is away is told once, and asked again", async () => {
	const { start, database, lines, enablings } = await open();
	database.client.close();
	start();
	await Bun.sleep(60);
	expect(lines.filter((line) => line.includes(`"id":"enabling-away"`))).toHaveLength(1);
	expect(enablings).toBeDefined();
});

test("a database that can be read and not written is told once too", async () => {
	const { start, database, lines, permissions, registered, enablings, asked } = await open();
	await enablings.ready(await registered());
	await database.client.execute(
		"CREATE TRIGGER full BEFORE UPDATE ON enablings BEGIN SELECT RAISE(ABORT, 'full'); END",
	);
	start();
	permissions.hear(ADDRESS, permission("set"));
	while (asked.length < 4) await Bun.sleep(5);
	expect(lines.filter((line) => line.includes(`"id":"enabling-away"`))).toHaveLength(1);
});

describe("an own user", () => {
	test.each([
		["ROMEO@Example.ORG", ROMEO],
		["romeo@example.org", ROMEO],
	])("is %s", async (claim, owner) => {
		const { ownUsers } = await open();
		expect(await ownUsers.accountOf(claim)).toEqual({ kind: "own", owner });
	});

	test.each([
		"romeo@example.com",
		"romeo@example.org/balcony",
		"romeo@sub.example.org",
		"example.org",
		"tybalt@example.org",
		`${"r".repeat(600)}@example.org`,
		undefined,
		null,
		7,
		{},
		[["romeo@example.org"]],
	])("is not %p", async (claim) => {
		const { ownUsers } = await open();
		expect((await ownUsers.accountOf(claim)).kind).toBe("refused");
	});
});
