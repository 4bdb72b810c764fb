/** The connector as a whole: at rest until it is started, and all of it. */

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StartError } from "../../src/bun/start-error.ts";
import { parseConfig } from "../../src/config/config.ts";
import { createClockWatch } from "../../src/connector/checks/clock.ts";
import { createConnector } from "../../src/connector/connector.ts";
import { openOutboxFile } from "../../src/connector/outbox-file.ts";
import { createEndNotes } from "../../src/delivery/journal/end-notes.ts";
import { createJournal } from "../../src/delivery/journal.ts";
import { domainAlone } from "../../src/messages/whom.ts";
import { createInviteDesk } from "../../src/registering/invite-check.ts";
import { createNodeSource } from "../../src/registering/nodes.ts";
import { openRegistrations } from "../../src/registering/open-registrations.ts";
import { createEnds } from "../../src/registering/registration-ends.ts";
import { createKeyring } from "../../src/secrets.ts";
import { openConsoleStore } from "../../src/store/console/console-store.ts";
import { createEnablings } from "../../src/store/enablings.ts";
import { createHandover } from "../../src/store/handover.ts";
import { createInvites } from "../../src/store/invites.ts";
import { createPubsubNodes } from "../../src/store/pubsub-nodes.ts";
import { createUnifiedPushMessages } from "../../src/store/unified-push/messages.ts";
import type { Push, PushService } from "../../src/types.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";
import { readableLog } from "../delivery/delivery-fixture.ts";
import { noCensus } from "../store/registrations/some-census.ts";
import { startComponentDouble } from "./component-double.ts";

const keyring = await createKeyring("a key of at least thirty-two characters");

let folder: string;
let database: TestDatabase;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "reveille-test-"));
	database = await openTestDatabase();
});
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
	await database.close();
	rmSync(folder, { recursive: true, force: true });
});

const settings = (service: string, more: Record<string, string> = {}) =>
	parseConfig({
		DATA_DIR: folder,
		XMPP_SERVICE: service,
		XMPP_DOMAIN: "push.example.org",
		XMPP_PASSWORD: "the secret",
		...more,
	});

/** @param send what the push service does with a push */
function connectorOf(config: ReturnType<typeof settings>, send: (push: Push) => void) {
	const { db } = database;
	const ends = createEnds();
	const registrations = openRegistrations({
		db,
		quotas: config.quotas,
		keys: keyring,
		keyIds: () => keyring.ids,
		ends,
	});
	const journal = createJournal();
	ends.listen(createEndNotes(journal));
	const consoleStore = openConsoleStore({ db, registrations });
	const service: PushService = {
		name: "webpush",
		parseDevice: () => ({ token: "https://push.example/1" }),
		hostOf: () => undefined,
		async send(push) {
			send(push);
			return { kind: "delivered" };
		},
	};
	const pubsubNodes = createPubsubNodes(db);
	const { log } = readableLog();
	const creating = createConnector({
		ownerForm: domainAlone,
		config,
		log,
		version: "1.2.3",
		keyring,
		registrations,
		ends,
		census: noCensus,
		handover: createHandover(db),
		unifiedPushMessages: createUnifiedPushMessages(db),
		nodes: createNodeSource(keyring, pubsubNodes, config.pubsubHosts),
		pubsubNodes,
		enablings: createEnablings(db),
		invites: createInviteDesk(createInvites(db)),
		consoleStore,
		journal,
		identity: { id: "one", host: "capulet" },
		vapidPublicKey: undefined,
		replica: undefined,
		databaseId: undefined,
		standby: undefined,
		services: new Map([["webpush", service]]),
		relay: undefined,
		clocks: createClockWatch({ log }),
	});
	return { creating, registrations, consoleStore };
}

test("a connector that is made is at rest: it connects nowhere and sends nothing, until it is started", async () => {
	const server = await startComponentDouble();
	closing.push(() => server.stop());
	const config = settings(server.service);
	const node = keyring.createNode();
	const sent = Promise.withResolvers<Push>();
	const { creating, registrations } = connectorOf(config, sent.resolve);
	await registrations.register(
		{ owner: "juliet@example.net", app: "webpush", device: "phone", token: "https://push.example/1" },
		() => node,
	);
	const handover = createHandover(database.db);
	await handover.put(node, { class: "high" }, Date.now() + 60_000);
	const connector = await creating;
	// It was claimed by nobody: a connector that runs does that first of all.
	expect(await handover.claim("another", 10, 1)).toHaveLength(1);
	expect(connector.xmppStatus()).toBe("The XMPP connections are not opened yet.");
	expect(server.connections()).toBe(0);

	const running = await connector.start();
	closing.push(() => running.stop());
	expect((await sent.promise).registration.token).toBe("https://push.example/1");
	await server.until(/<handshake>/);
});

test("what a connector did is written for the console when it ends, with what is so then", async () => {
	const server = await startComponentDouble();
	closing.push(() => server.stop());
	const sent = Promise.withResolvers<Push>();
	const { creating, registrations, consoleStore } = connectorOf(settings(server.service), sent.resolve);
	const node = keyring.createNode();
	await registrations.register(
		{ owner: "juliet@example.net", app: "webpush", device: "phone", token: "https://push.example/1" },
		() => node,
	);
	const connector = await creating;
	const running = await connector.start();
	await server.until(/<handshake>/);
	expect(await connector.push(node, { class: "high" })).toEqual({ kind: "done", how: "delivered" });
	expect(await connector.live()).toMatchObject({
		gatesOpen: 1,
		outbox: { entries: 0 },
		addresses: [{ address: "push.example.org" }],
	});
	await registrations.remove(node);
	await running.stop();
	const [minute] = await consoleStore.history.read(0, Number.MAX_SAFE_INTEGER);
	expect(minute).toMatchObject({
		connector: "one",
		figures: { host: "capulet", pushes: { webpush: { delivered: 1 } }, waiting: 0, shut: [] },
	});
	expect((await consoleStore.events.about({ owner: "juliet@example.net" }, 5))[0]).toMatchObject({
		kind: "ended",
		node,
		decider: "owner",
	});
});

test("a connector whose certificate cannot be read is not made, and leaves no file locked", async () => {
	const config = settings("xmpp://127.0.0.1:1", {
		APNS_CERT:
			"-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nnone\n-----END PRIVATE KEY-----",
		APNS_TOPIC: "org.example.app",
	});
	await expect(connectorOf(config, () => {}).creating).rejects.toThrow(StartError);
	await (await openOutboxFile(config, readableLog().log)).close();
});
