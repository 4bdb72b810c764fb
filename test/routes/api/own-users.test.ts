/** The JSON API for one's own users: what it says of their servers, and whose registration it is. */
import { afterEach, describe, expect, test } from "bun:test";
import { createOwnUsers, notingEnds } from "../../../src/registering/own-users.ts";
import { announceEnds, createEnds } from "../../../src/registering/registration-ends.ts";
import { createKeyring, underKey } from "../../../src/secrets.ts";
import { createEnablings } from "../../../src/store/enablings.ts";
import { createRegistrations } from "../../../src/store/registrations/registrations.ts";
import type { Enabling } from "../../../src/types.ts";
import { partyOfOwner } from "../../../src/xmpp/party.ts";
import { openTestDatabase } from "../../database.ts";
import { SECRET_KEY, startTestServer, subscription } from "../routes-fixture.ts";

const HERE = "push.example.org";
const ROMEO = "romeo@example.org";
const keyring = await createKeyring(SECRET_KEY);
const closing: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0)) await close();
});

/**
 * A server whose JWTs are their claims, as JSON. `says`: what becomes of an attempt; undefined: this process has no
 * connection.
 */
async function open(says?: (node: string) => Promise<Enabling["state"] | "gone">, isOn = true) {
	const database = await openTestDatabase();
	const enablings = createEnablings(database.db);
	const attempts: string[] = [];
	const ownUsers = createOwnUsers({
		domains: ["example.org"],
		address: HERE,
		enablings,
		keyring,
		partyOf: partyOfOwner,
		isBarred: (owner) => owner === "tybalt@example.org",
		...(says && {
			async attempt(node: string) {
				attempts.push(node);
				const open = await enablings.find(node);
				const state = await says(node);
				if (!open) return undefined;
				if (open.state === "ending") {
					if (state === "gone") await enablings.done(open);
					return enablings.find(node);
				}
				if (state !== "gone")
					await enablings.settle(open, { state, ...(state !== "enabled" && { reason: "so" }) });
				return enablings.find(node);
			},
		}),
	});
	const ends = createEnds();
	const registrations = announceEnds(
		createRegistrations(database.db, { owner: 3, address: 1000, host: 1000 }),
		ends.tell,
	);
	const server = await startTestServer(
		{
			registrations,
			pushAddress: HERE,
			registration: { mode: "jwt", check: async (jwt) => JSON.parse(jwt) },
			...(isOn && { ownUsers }),
		},
		{},
		database,
	);
	ends.listen(notingEnds(ownUsers, { info: () => {} } as never));
	closing.push(() => server.close());
	const register = async (permit: object, endpoint?: string) => {
		const answer = await server.json(
			"POST",
			"/registrations",
			{ subscription: subscription(endpoint) },
			JSON.stringify(permit),
		);
		return { status: answer.status, body: await answer.json() };
	};
	return { ...server, registrations, enablings, attempts, register };
}

test("a claim jid makes a registration with an owner, and the answer says that push is enabled", async () => {
	const { register, rows, attempts, json } = await open(async () => "enabled");
	const { status, body } = await register({ jid: "ROMEO@example.org" });
	expect([status, body.jid, body.enabling]).toEqual([201, HERE, { account: ROMEO, state: "enabled" }]);
	const [row, ...more] = await rows();
	expect([row?.owner, row?.party, row?.address, row?.jid, more]).toEqual([
		ROMEO,
		"example.org",
		null,
		HERE,
		[],
	]);
	expect(attempts).toEqual([body.node]);
	const shown = await json("GET", `/registrations/${body.node}`, undefined, body.deviceSecret);
	expect((await shown.json()).enabling).toEqual(body.enabling);
});

test("asked again it is the same registration; another device, or another user with it, has one of its own", async () => {
	const { register, rows } = await open(async () => "enabled");
	const first = await register({ jid: ROMEO });
	expect(await register({ jid: ROMEO })).toEqual(first);
	await register({ jid: ROMEO }, "https://push.example/token-2");
	await register({ jid: "juliet@example.org" });
	expect((await rows()).map(({ owner }) => owner)).toEqual([ROMEO, ROMEO, "juliet@example.org"]);
});

test("a token that its device renewed to is the same registration too, and no second one pushes to it", async () => {
	const { register, rows, json } = await open(async () => "enabled");
	const { body } = await register({ jid: ROMEO });
	const renewed = { subscription: subscription("https://push.example/token-2") };
	await json("PUT", `/registrations/${body.node}`, renewed, body.deviceSecret);
	expect((await register({ jid: ROMEO }, "https://push.example/token-2")).body.node).toBe(body.node);
	expect(await rows()).toHaveLength(1);
	await register({ jid: "juliet@example.org" }, "https://push.example/token-2");
	expect((await rows()).map(({ owner }) => owner)).toEqual([ROMEO, "juliet@example.org"]);
});

test("its owner has a quota, and what is refused leaves nothing behind", async () => {
	const { register, rows, enablings } = await open(async () => "enabled");
	for (const n of [1, 2, 3]) await register({ jid: ROMEO }, `https://push.example/token-${n}`);
	const { status, body } = await register({ jid: ROMEO }, "https://push.example/token-4");
	expect([status, body.quota]).toEqual([429, "owner"]);
	expect([(await rows()).length, (await enablings.ofOwner(ROMEO)).length]).toEqual([3, 3]);
});

test.each([
	["an unlisted domain", "carol@example.com"],
	["a full JID", `${ROMEO}/balcony`],
	["a barred account", "tybalt@example.org"],
	["no text", 7],
	["nothing", ""],
])("a claim jid with %s is refused, and changes nothing", async (_, jid) => {
	const { register, rows, attempts, enablings } = await open(async () => "enabled");
	const { status, body } = await register({ jid });
	expect([status, body.title]).toEqual([401, "A registration token is needed"]);
	expect(body.detail).toMatch(/jid/);
	expect([await rows(), attempts, await enablings.countByDomain()]).toEqual([[], [], []]);
});

test("sub alone, and jid where XMPP_ENABLE_FOR is not set, make a registration of nobody", async () => {
	const { register, rows } = await open(async () => "enabled");
	expect((await register({ sub: ROMEO })).body.enabling).toBeUndefined();
	expect((await rows())[0]?.owner).toBe("");
	const off = await open(async () => "enabled", false);
	const { status, body } = await off.register({ jid: ROMEO });
	expect([status, body.enabling, off.attempts]).toEqual([201, undefined, []]);
});

describe("what its server did not do yet", () => {
	test("waits where this process has no connection, and is asked of nobody here", async () => {
		const { register, json, enablings } = await open();
		const { body } = await register({ jid: ROMEO });
		expect(body.enabling).toEqual({ account: ROMEO, state: "waiting" });
		// A process that has one finds it with its next look.
		const by = { domains: ["example.org"], components: [HERE] };
		expect((await enablings.due(by, 10)).map(({ node }) => node)).toEqual([body.node]);
		const ended = await json("DELETE", `/registrations/${body.node}`, undefined, body.deviceSecret);
		expect([ended.status, await ended.json()]).toEqual([
			200,
			{ enabling: { account: ROMEO, state: "waiting" } },
		]);
	});

	test("waits, with a reason, and is tried again when its device renews", async () => {
		let state: Enabling["state"] = "waiting";
		const { register, json, attempts } = await open(async () => state);
		const { body } = await register({ jid: ROMEO });
		expect(body.enabling).toEqual({ account: ROMEO, state: "waiting", reason: "so" });
		state = "enabled";
		const renew = () =>
			json("PUT", `/registrations/${body.node}`, { subscription: subscription() }, body.deviceSecret);
		expect((await (await renew()).json()).enabling).toEqual({ account: ROMEO, state: "enabled" });
		await renew();
		expect(attempts).toHaveLength(2);
	});

	test("stays refused whatever its device secret renews: only a JWT vouches for the account", async () => {
		let state: Enabling["state"] = "refused";
		const { register, json, attempts } = await open(async () => state);
		const { body } = await register({ jid: ROMEO });
		state = "enabled";
		const renewed = await json(
			"PUT",
			`/registrations/${body.node}`,
			{ subscription: subscription() },
			body.deviceSecret,
		);
		expect((await renewed.json()).enabling).toEqual({ account: ROMEO, state: "refused", reason: "so" });
		expect(attempts).toHaveLength(1);
		expect((await register({ jid: ROMEO })).body.enabling.state).toBe("enabled");
	});

	test("is not asked for under a new key by a device secret: the account may be another person's by now", async () => {
		const { register, json, attempts, registrations, enablings } = await open(async () => "enabled");
		const { body } = await register({ jid: ROMEO });
		const both = await createKeyring(SECRET_KEY, ["an older key of at least thirty-two characters"]);
		const old = underKey(body.node, both.ids[1] ?? "");
		await registrations.rename((await registrations.find(body.node)) as never, old);
		await enablings.drop(body.node);
		await enablings.want({ node: old, owner: ROMEO, jid: HERE });
		await enablings.settle((await enablings.find(old)) as never, { state: "enabled" });
		const put = { subscription: subscription() };
		const renewed = await json("PUT", `/registrations/${old}`, put, await both.deviceSecretOf(old));
		const { node, enabling } = await renewed.json();
		expect([node, enabling]).toEqual([body.node, { account: ROMEO, state: "enabled" }]);
		expect([attempts, await enablings.find(body.node)]).toEqual([[body.node], undefined]);
		expect((await register({ jid: ROMEO })).body.node).toBe(body.node);
		expect(attempts).toEqual([body.node, body.node]);
	});

	test("is no fault of the registration: a failing attempt is answered as one that waits", async () => {
		const { register, rows } = await open(() => Promise.reject(new Error("the database is away")));
		const { status, body } = await register({ jid: ROMEO });
		expect([status, body.enabling.state]).toEqual([201, "waiting"]);
		expect(await rows()).toHaveLength(1);
	});
});

test("its end says that its server was told, and one without says nothing, as ever", async () => {
	let state: Enabling["state"] | "gone" = "enabled";
	const { register, json, enablings } = await open(async () => state);
	const { body } = await register({ jid: ROMEO });
	const other = await register({});
	state = "gone";
	const ended = await json("DELETE", `/registrations/${body.node}`, undefined, body.deviceSecret);
	expect([ended.status, await ended.json()]).toEqual([
		200,
		{ enabling: { account: ROMEO, state: "disabled" } },
	]);
	expect(await enablings.countByDomain()).toEqual([]);
	const others = await json(
		"DELETE",
		`/registrations/${other.body.node}`,
		undefined,
		other.body.deviceSecret,
	);
	expect([others.status, await others.text()]).toEqual([204, ""]);
});
