/** Registering by invite, over XMPP: for those whom XMPP_ALLOW does not let in. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { NodeSource } from "../../../src/registering/nodes.ts";
import { createInvites, type Invites } from "../../../src/store/invites.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";
import { type CommandsFixture, command, openCommandsFixture, submit } from "./commands-fixture.ts";

const CODE = "0123456789AB";
const LINK = "A".repeat(22);
const ROMEO = "romeo@elsewhere.example/orchard";
const ENDPOINT = "https://updates.push.services.mozilla.com/wpush/v2/one";

let database: TestDatabase;
let invites: Invites;
let fixture: CommandsFixture;
let now: number;
beforeEach(async () => {
	now = Date.now();
	database = await openTestDatabase();
	invites = createInvites(database.db, () => now);
	fixture = await openCommandsFixture({ database, allow: ["example.org"], now: () => now });
});
afterEach(() => fixture.close());

const make = (more: { uses?: number; onlyFor?: string; name?: string } = {}) =>
	invites.make({ id: "one", uses: 1, endsAt: now + 60_000, ...more }, { link: LINK, code: CODE });

const register = (invite: string | undefined, { from = ROMEO, device = "phone", token = ENDPOINT } = {}) =>
	fixture.ask(
		command(
			"register-push-webpush",
			submit({ token, "device-id": device, ...(invite !== undefined && { invite }) }),
		),
		{ from },
	);
const used = async () => (await invites.list())[0]?.used;

test.each(["0123-4567-89ab", LINK])(
	"%p lets a stranger in, and is noted at the registration",
	async (invite) => {
		await make();
		expect(await register(invite)).toContain(`status="completed"`);
		expect((await fixture.only()).invite).toBe("one");
		expect(await used()).toBe(1);
	},
);

test("a person is asked for it, and whoever needs none is not", async () => {
	const asked = (from: string) => fixture.ask(command("register-push-webpush"), { from });
	expect(await asked(ROMEO)).toContain(`var="invite"`);
	expect(await asked("juliet@example.org/balcony")).not.toContain(`var="invite"`);
});

describe("lets nobody in, and says why:", () => {
	const error = (why: string) => expect.stringContaining(`<invite xmlns="urn:reveille:0" why="${why}"/>`);

	test("none", async () => {
		expect(await register(undefined)).toEqual(error("missing"));
	});

	test("one that is none", async () => {
		await make();
		expect(await register("ZZZZ-ZZZZ-ZZZZ")).toEqual(error("unknown"));
	});

	test("one for another account, and one for another domain", async () => {
		await make({ onlyFor: "juliet@elsewhere.example" });
		expect(await register(CODE)).toEqual(error("for-others"));
		expect(await register(CODE, { from: "juliet@elsewhere.example/x" })).toContain("completed");
		expect(await used()).toBe(1);
	});

	test("one that is used up", async () => {
		await make();
		await register(CODE);
		expect(await register(CODE, { from: "benvolio@elsewhere.example/x" })).toEqual(error("used-up"));
		expect(await register(CODE, { device: "another" })).toEqual(error("used-up"));
		expect(await fixture.count()).toBe(1);
	});

	test("one whose time is over, and one that was taken back", async () => {
		await make();
		now += 60_000;
		expect(await register(CODE)).toEqual(error("ended"));
		await invites.revoke("one");
		expect(await register(CODE)).toEqual(error("revoked"));
	});

	test("any, after five guesses", async () => {
		await make();
		for (let at = 0; at < 5; at++) await register(`ZZZZ-ZZZZ-ZZZ${at}`);
		expect(await register(CODE)).toEqual(error("too-often"));
		expect(await fixture.count()).toBe(0);
	});
});

test("two browsers at once want its only use: one gets it", async () => {
	await make();
	const answers = await Promise.all([register(CODE, { device: "one" }), register(CODE, { device: "two" })]);
	expect(answers.filter((answer) => answer.includes("completed"))).toHaveLength(1);
	expect(answers.filter((answer) => answer.includes(`why="used-up"`))).toHaveLength(1);
	expect(await fixture.count()).toBe(1);
});

test("the same device registers again with it, and uses nothing up", async () => {
	await make();
	await register(CODE);
	expect(await register(CODE, { token: `${ENDPOINT}/more` })).toContain("completed");
	expect((await fixture.only()).token).toBe(`${ENDPOINT}/more`);
	expect(await used()).toBe(1);
});

test("the same device registers again without it too, others of the account do not, and none once it is revoked", async () => {
	const missing = expect.stringContaining(`why="missing"`);
	await make();
	await register(CODE);
	now += 60_000;
	expect(await register(undefined, { token: `${ENDPOINT}/more` })).toContain("completed");
	expect(await fixture.only()).toMatchObject({ token: `${ENDPOINT}/more`, invite: "one" });
	expect(await register(undefined, { device: "another" })).toEqual(missing);
	expect(await register(undefined, { from: "benvolio@elsewhere.example/x" })).toEqual(missing);
	await invites.revoke("one");
	expect(await register(undefined)).toEqual(missing);
	expect(await used()).toBe(1);
});

test("what cannot be registered uses nothing up", async () => {
	await make();
	expect(await register(CODE, { token: "http://127.0.0.1/x" })).toContain("bad-request");
	expect(await used()).toBe(0);
});

test("what fails once it is registered uses it up all the same", async () => {
	await make();
	const HOST = "pubsub.example.net";
	const nodes: NodeSource = {
		isPubsubHost: (jid) => jid === HOST,
		isAt: async () => true,
		create: async () => crypto.randomUUID(),
	};
	const restrict = () => Promise.reject(new Error("the host does not answer"));
	const pubsub = { nodes, pubsubHost: { jid: HOST, restrict } };
	const { ask } = await openCommandsFixture({ database, now: () => now, pubsub });
	const registerAtHost = (device: string) =>
		ask(command("register-push-webpush", submit({ token: ENDPOINT, "device-id": device, invite: CODE })), {
			from: ROMEO,
		});
	expect(await registerAtHost("one")).toContain("internal-server-error");
	expect(await used()).toBe(1);
	expect(await registerAtHost("two")).toContain(`why="used-up"`);
	// The same device is renewed: it may try again.
	expect(await registerAtHost("one")).toContain("internal-server-error");
	expect(await used()).toBe(1);
	expect(await fixture.count()).toBe(1);
});

test("who needs no invite uses none up", async () => {
	await make();
	expect(await register(CODE, { from: "juliet@example.org/balcony" })).toContain("completed");
	expect(await used()).toBe(0);
	expect((await fixture.only()).invite).toBeUndefined();
});

test("the owner's list says which invite let the device in, by its name", async () => {
	await make({ name: `Family <b>&"` });
	await register(CODE);
	const list = await fixture.ask(command("list-push-registrations"), { from: ROMEO });
	expect(list).toContain(`var="invite" label="Let in by the invite"`);
	expect(list).toContain("<value>Family &lt;b&gt;&amp;");
	expect(list).not.toContain("<b>");
});

test("neither secret is in an answer", async () => {
	await make();
	const answers = [await register(CODE), await register(CODE, { device: "two" })].join();
	for (const secret of [CODE, LINK]) expect(answers).not.toContain(secret);
});
