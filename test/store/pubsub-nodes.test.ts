/** Whose the nodes at a pubsub host are. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createPubsubNodes, type PubsubNodes } from "../../src/store/pubsub-nodes.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

const HOST = "pubsub.example.net";

let database: TestDatabase;
let nodes: PubsubNodes;
beforeEach(async () => {
	database = await openTestDatabase();
	nodes = createPubsubNodes(database.db);
});
afterEach(() => database.close());

test("the nodes at a host are those of the first account that looks after it", async () => {
	expect(await nodes.keeper(HOST, "push@example.net")).toBe("push@example.net");
	await nodes.add(HOST, "n1");
	expect(await nodes.keeper(HOST, "push.example.net")).toBe("push@example.net");
	expect(await nodes.keeper(HOST, "push@example.net")).toBe("push@example.net");
	expect(await nodes.keeper("pubsub.example.org", "push.example.net")).toBe("push.example.net");
});

test("a host without nodes is anybody's", async () => {
	await nodes.keeper(HOST, "push@example.net");
	expect(await nodes.keeper(HOST, "push.example.net")).toBe("push.example.net");
	await nodes.add(HOST, "n1");
	expect(await nodes.keeper(HOST, "push@example.net")).toBe("push.example.net");
});
