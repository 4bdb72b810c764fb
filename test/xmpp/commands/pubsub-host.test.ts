/** Registering where a pubsub host takes the publishes in: a device gets a node that the host has. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createNodeSource } from "../../../src/registering/nodes.ts";
import { createPubsubNodes, type PubsubNodes } from "../../../src/store/pubsub-nodes.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";
import { parse } from "../parse.ts";
import {
	APNS_BASE64,
	type CommandsFixture,
	type CommandsFixtureOptions,
	command,
	error,
	openCommandsFixture,
	submit,
} from "./commands-fixture.ts";

const HOST = "pubsub.example.net";

let database: TestDatabase;
let nodes: PubsubNodes;
/** Nodes that were closed to all but an owner, in order. */
let closed: string[];
beforeEach(async () => {
	database = await openTestDatabase();
	nodes = createPubsubNodes(database.db);
	closed = [];
});
afterEach(() => database.close());

/** Reveille, from now on with a pubsub host. */
async function withHost(options: CommandsFixtureOptions = {}): Promise<CommandsFixture> {
	const { keyring } = await openCommandsFixture({ database });
	return openCommandsFixture({
		...options,
		database,
		pubsub: {
			nodes: createNodeSource(keyring, nodes, [HOST]),
			pubsubHost: {
				jid: HOST,
				async restrict(node) {
					closed.push(node);
				},
			},
		},
	});
}

async function makeReady(node: string) {
	await nodes.add(HOST, node);
	await nodes.ready(node);
}

const register = submit({ token: APNS_BASE64, "device-name": "phone" });

/** @returns the values of the answer's form, or the error */
async function registering(
	fixture: CommandsFixture,
	request = command("register-push-apns", register),
): Promise<Record<string, string> | string> {
	const answer = await fixture.ask(request);
	const form = parse(answer).getChild("x");
	if (!form) return answer;
	return Object.fromEntries(
		form
			.getChildren("field")
			.map(({ attrs, getChildText: _, ...field }) => [
				String(attrs.var),
				String(field.children[0] && (field.children[0] as { children: string[] }).children[0]),
			]),
	);
}

describe("a device that registers with a pubsub host", () => {
	test("gets one of its nodes, closed to others, and no secret; and the same again", async () => {
		const fixture = await withHost();
		await makeReady("n1");
		await makeReady("n2");
		expect(await registering(fixture)).toEqual({ jid: HOST, node: "n1" });
		expect(await registering(fixture)).toEqual({ jid: HOST, node: "n1" });
		expect(closed).toEqual(["n1", "n1"]);
	});

	test("gets a device secret where its client knows of it: that goes to no server", async () => {
		const fixture = await withHost();
		const node = fixture.keyring.createNode();
		await makeReady(node);
		const request = command("register-push-webpush", submit({ token: "https://push.example/1" }));
		expect(await registering(fixture, request)).toEqual({
			jid: HOST,
			node,
			"device-secret": await fixture.keyring.deviceSecretOf(node),
		});
	});

	test("and registered before there was one gets another node: the host has none but its own", async () => {
		await registering(await openCommandsFixture({ database }));
		const fixture = await withHost();
		const before = await fixture.only();
		await makeReady("n1");
		expect(await registering(fixture)).toEqual({ jid: HOST, node: "n1" });
		expect(await fixture.count()).toBe(1);
		expect(fixture.gone.map(({ node }) => node)).toEqual([before.node]);
		expect(await registering(fixture)).toEqual({ jid: HOST, node: "n1" });
	});

	test("gets another node also where the disk has no room: it is no new registration", async () => {
		await registering(await openCommandsFixture({ database }));
		const fixture = await withHost({ mayGrow: () => false });
		const before = await fixture.only();
		await makeReady("n1");
		expect(await registering(fixture)).toEqual({ jid: HOST, node: "n1" });
		expect((await fixture.only()).registeredAt).toBe(before.registeredAt);
		expect(fixture.gone.map(({ node }) => node)).toEqual([before.node]);
	});

	test("keeps what it has while no node is ready", async () => {
		await registering(await openCommandsFixture({ database }));
		const fixture = await withHost();
		const before = await fixture.only();
		expect(await registering(fixture)).toBe(
			error("wait", "resource-constraint", `${HOST} has no node ready: try again in a few seconds`),
		);
		expect(await fixture.only()).toEqual(before);
	});
});
