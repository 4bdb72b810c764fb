/** SECRET_KEY was changed, and devices register again by commands. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { parseApps } from "../../src/config/apps.ts";
import { createInviteDesk } from "../../src/registering/invite-check.ts";
import { createNodeSource } from "../../src/registering/nodes.ts";
import { createRegistrationRate } from "../../src/registering/registration-rate.ts";
import { createRegistrar } from "../../src/registering/xmpp-registrar.ts";
import { createKeyring, type Keyring, splitOpenNode } from "../../src/secrets.ts";
import { endpointPolicy } from "../../src/services/endpoint.ts";
import { createInvites } from "../../src/store/invites.ts";
import { followKeys } from "../../src/store/registrations/key-change.ts";
import { createRegistrations } from "../../src/store/registrations/registrations.ts";
import type { Dialect } from "../../src/types.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";
import { sendsNothing, servicesWithoutNetwork } from "../services/without-network.ts";
import { NO_NODES } from "../xmpp/commands/commands-fixture.ts";

const A = "the first key, of at least thirty-two characters";
const B = "the second key, of at least thirty-two characters";
const OWNER = "romeo@example.net";

let database: TestDatabase;
let ids: string[];
beforeEach(async () => {
	database = await openTestDatabase();
	ids = [...(await createKeyring(B, [A])).ids];
});
afterEach(() => database.close());

/** What a process with these keys does. @param pubsubHost takes the publishes in */
async function processWith(keyring: Keyring, pubsubHost?: string) {
	const apps = parseApps([{ name: "apns", service: "apns", topic: "org.example.chat" }], "APPS", false);
	const services = await servicesWithoutNetwork(apps, {
		policy: endpointPolicy({ allowHosts: [], allowPrivate: false }),
	});
	const plain = createRegistrations(database.db, { owner: 9, address: 9, host: 9 });
	const ready = { ...NO_NODES, claim: async () => keyring.createNode(), has: async () => true };
	const registrar = createRegistrar({
		registrations: followKeys(plain, keyring, () => ids),
		keyring,
		apps,
		services,
		allow: ["*"],
		testPush: sendsNothing,
		address: "push.example.org",
		rate: createRegistrationRate(plain),
		invites: createInviteDesk(createInvites(database.db)),
		nodes: createNodeSource(keyring, ready, pubsubHost === undefined ? [] : [pubsubHost]),
		...(pubsubHost !== undefined && { pubsubHost: { jid: pubsubHost, restrict: async () => {} } }),
	});
	return {
		...registrar,
		async register(dialect: Dialect = "mod_push") {
			const made = await registrar.register({
				owner: OWNER,
				to: "push.example.org",
				dialect,
				device: "phone",
				token: "deadbeef",
				app: { service: "apns" },
			});
			if (made.kind !== "registered") throw new Error(made.reason);
			return made;
		},
	};
}

describe.each([
	["beside the old one", [A]],
	["without the old one", []],
])("with a new key %s", (_, old) => {
	test("a device is given its node's twin, with the secret of that, each time the same", async () => {
		const before = await (await processWith(await createKeyring(A))).register();
		const keyring = await createKeyring(B, old);
		const after = await processWith(keyring);
		const made = await after.register();
		expect(made.node).toBe(keyring.underCurrentKey(before.node));
		expect(made.node).not.toBe(before.node);
		expect(await keyring.verify(made.node, made.secret ?? "")).toBe("ok");
		expect(await keyring.verifyDevice(made.node, made.deviceSecret)).toBe("ok");
		expect(made.deviceSecret).not.toBe(before.deviceSecret);
		expect(await after.register()).toEqual(made);
		expect(await after.list(OWNER)).toHaveLength(1);
	});

	test("it is ended by the node that it had as by the one it has", async () => {
		for (const which of ["before", "made"] as const) {
			const before = await (await processWith(await createKeyring(A))).register();
			const after = await processWith(await createKeyring(B, old));
			const made = await after.register();
			const ended = await after.remove(OWNER, { nodes: [{ before, made }[which].node] });
			expect(ended).toHaveLength(1);
			expect(await after.secretOf(ended[0]?.node ?? "")).toMatch(/^[\w-]{43}$/);
			expect(await after.list(OWNER)).toEqual([]);
		}
	});

	test("a node that is its own credential goes the same way", async () => {
		const before = await (await processWith(await createKeyring(A))).register("tigase");
		const keyring = await createKeyring(B, old);
		const after = await processWith(keyring);
		// What is listed works, if anything does.
		const [listed] = await after.list(OWNER);
		const credential = splitOpenNode(listed?.node ?? "");
		expect(await keyring.verify(credential?.node ?? "", credential?.secret ?? "")).toBe("ok");
		const made = await after.register("tigase");
		expect(made.node).not.toBe(before.node);
		expect(await after.remove(OWNER, { nodes: [before.node] })).toHaveLength(1);
	});

	test("a node at a pubsub host stays: the host has no other", async () => {
		const HOST = "pubsub.example.org";
		const { deviceSecret: former, ...before } = await (
			await processWith(await createKeyring(A), HOST)
		).register();
		const keyring = await createKeyring(B, old);
		const { deviceSecret, ...made } = await (await processWith(keyring, HOST)).register();
		expect(made).toEqual(before);
		// But its device is given another secret, which does not need the node's key.
		expect(deviceSecret).not.toBe(former);
		expect(await keyring.verifyDevice(made.node, deviceSecret)).toBe("ok");
	});
});
