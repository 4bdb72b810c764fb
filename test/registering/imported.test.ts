/** A device that was imported registers anew over XMPP: it keeps its node. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { parseApps } from "../../src/config/apps.ts";
import { createInviteDesk } from "../../src/registering/invite-check.ts";
import { createNodeSource } from "../../src/registering/nodes.ts";
import { createRegistrationRate } from "../../src/registering/registration-rate.ts";
import { createRegistrar } from "../../src/registering/xmpp-registrar.ts";
import { createKeyring } from "../../src/secrets.ts";
import { endpointPolicy } from "../../src/services/endpoint.ts";
import { createInvites } from "../../src/store/invites.ts";
import { formDeviceKey } from "../../src/store/registrations/device-key.ts";
import { importRegistrations } from "../../src/store/registrations/import.ts";
import { createRegistrations } from "../../src/store/registrations/registrations.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";
import { sendsNothing, servicesWithoutNetwork } from "../services/without-network.ts";
import { NO_NODES } from "../xmpp/commands/commands-fixture.ts";

const NODE = "E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E";
const TOKEN = "deadbeef";

let database: TestDatabase;
let registering: Awaited<ReturnType<typeof open>>;
beforeEach(async () => {
	database = await openTestDatabase();
	registering = await open();
});
afterEach(() => database.close());

/** One registration was imported. */
async function open() {
	const apps = parseApps([{ name: "apns", service: "apns", topic: "org.example.chat" }], "APPS", false);
	const services = await servicesWithoutNetwork(apps, {
		policy: endpointPolicy({ allowHosts: [], allowPrivate: false }),
	});
	const keyring = await createKeyring("a key of at least thirty-two characters, for tests");
	const imported = {
		node: NODE,
		formerHash: "hash",
		owner: "",
		app: "apns",
		token: TOKEN,
		renewedAt: 1,
		device: await formDeviceKey(NODE, TOKEN),
	};
	await importRegistrations(database.db, [imported], 1);
	const registrations = createRegistrations(database.db, { owner: 9, address: 9, host: 9 });
	const registrar = createRegistrar({
		registrations,
		keyring,
		nodes: createNodeSource(keyring, NO_NODES, []),
		apps,
		services,
		allow: ["*"],
		testPush: sendsNothing,
		address: "push.example.org",
		rate: createRegistrationRate(registrations),
		invites: createInviteDesk(createInvites(database.db)),
	});
	return {
		keyring,
		registrar,
		register: (owner: string, token: string, dialect: "push-appserver" | "mod_push" = "push-appserver") =>
			registrar.register({
				owner,
				to: "push.example.org",
				dialect,
				device: NODE,
				token,
				app: { type: "apns" },
			}),
	};
}

test("with the same device id and token it gets the old node, and the derived secret", async () => {
	const secret = await registering.keyring.secretOf(NODE);
	const deviceSecret = await registering.keyring.deviceSecretOf(NODE);
	const jid = "push.example.org";
	const expected = { kind: "registered", jid, node: NODE, secret, deviceSecret } as const;
	expect(await registering.register("romeo@example.net", TOKEN.toUpperCase())).toEqual(expected);
	// And again, as its owner now.
	expect(await registering.register("romeo@example.net", TOKEN)).toEqual(expected);
	// With another token too: the owner is known.
	expect(await registering.register("romeo@example.net", "cafe")).toEqual(expected);
});

test("its owner ends it by its node, though there be a dot in it", async () => {
	const owner = "romeo@example.net";
	const node = "org.example";
	const imported = { node, formerHash: "hash", owner, app: "apns", token: TOKEN, renewedAt: 1, device: node };
	await importRegistrations(database.db, [imported], 1);
	const { registrar } = registering;
	expect((await registrar.list(owner)).map((one) => one.node)).toEqual([node]);
	expect(await registrar.remove(owner, { nodes: [node] })).toHaveLength(1);
	expect(await registrar.list(owner)).toEqual([]);
});

test("with another token, from another dialect, or after somebody else, it gets a node of its own", async () => {
	const another = { kind: "registered", node: expect.not.stringContaining(NODE) };
	expect(await registering.register("tybalt@example.net", "cafe")).toMatchObject(another);
	expect(await registering.register("tybalt@example.net", TOKEN, "mod_push")).toMatchObject(another);
	expect(await registering.register("romeo@example.net", TOKEN)).toMatchObject({ node: NODE });
	expect(await registering.register("juliet@example.net", TOKEN)).toMatchObject(another);
});
