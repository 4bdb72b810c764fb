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

test("of thousands of nodes none is left out, and no answer has them all", async () => {
	const { client } = database;
	await client.execute(
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12001)
		INSERT INTO pubsub_nodes (node, host, ready_at) SELECT 'node' || i, '${HOST}', 1 FROM n`,
	);
	await nodes.add("pubsub.example.org", "another's");
	let longest = 0;
	const execute = client.execute.bind(client) as (...given: unknown[]) => ReturnType<typeof client.execute>;
	Object.assign(client, {
		async execute(...given: unknown[]) {
			const answer = await execute(...given);
			longest = Math.max(longest, answer.rows.length);
			return answer;
		},
	});
	const all = await nodes.ofHost(HOST);
	expect(new Set(all.map(({ node }) => node)).size).toBe(12_001);
	expect(all).toHaveLength(12_001);
	expect(longest).toBeLessThanOrEqual(5_000);
});

test("a host without nodes is anybody's", async () => {
	await nodes.keeper(HOST, "push@example.net");
	expect(await nodes.keeper(HOST, "push.example.net")).toBe("push.example.net");
	await nodes.add(HOST, "n1");
	expect(await nodes.keeper(HOST, "push@example.net")).toBe("push.example.net");
});
