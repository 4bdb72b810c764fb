/** Registering an own user's device, with whatever happens meanwhile. */
import { expect, test } from "bun:test";
import { createNodeSource } from "../../src/registering/nodes.ts";
import { registerToEnable } from "../../src/registering/register.ts";
import { createKeyring } from "../../src/secrets.ts";
import { createEnablings } from "../../src/store/enablings.ts";
import { createRegistrations } from "../../src/store/registrations/registrations.ts";
import { openTestDatabase } from "../database.ts";
import { NO_NODES } from "../xmpp/commands/commands-fixture.ts";

test("a device that ends while it registers again gets another node, which is to be enabled: none comes back", async () => {
	await using stack = new AsyncDisposableStack();
	const { db, close } = await openTestDatabase();
	stack.defer(close);
	const keyring = await createKeyring("a key of at least thirty-two characters, for tests");
	const all = createRegistrations(db, { owner: 50, address: 50, host: 50 });
	const enablings = createEnablings(db);
	const owner = "romeo@example.org";
	const jid = "push.example.org";
	const its = { owner, jid, app: "webpush", device: "own:1" };
	const device = { token: "https://push.example/1" };
	const checked = { device, host: undefined };
	const deps = { registrations: all, enablings, keyring, nodes: createNodeSource(keyring, NO_NODES, []) };
	const first = await registerToEnable(deps, checked, its);
	if (first.kind !== "registered") throw new Error(first.kind);
	const { node } = first.registration;

	const registrations = {
		...all,
		async findDevice(...which: Parameters<typeof all.findDevice>) {
			const found = await all.findDevice(...which);
			await all.remove(node);
			await enablings.end([node]);
			return found;
		},
	};
	const again = await registerToEnable({ ...deps, registrations }, checked, its);
	if (again.kind !== "registered") throw new Error(again.kind);
	expect(again.registration.node).not.toBe(node);
	expect(await enablings.find(again.registration.node)).toMatchObject({ state: "waiting", owner });
	expect(await enablings.find(node)).toMatchObject({ state: "ending" });
});
