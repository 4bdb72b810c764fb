/** What a browser keeps of its devices. */
import { describe, expect, test } from "bun:test";
import { IDBFactory } from "fake-indexeddb";
import { TEST_PUSH } from "../../../src/registering/test-push.ts";
import { createDevices, openDevices, REVEILLES_TEST } from "../../../src/web/store/devices-store.ts";
import { ownDevice } from "../own-device.ts";

function opened() {
	const clock = { at: 1_000_000 };
	const indexedDB = new IDBFactory();
	const open = () => createDevices({ indexedDB, now: () => clock.at });
	return { clock, open, devices: open() };
}

const nodes = async (devices: ReturnType<typeof createDevices>) =>
	(await devices.all()).map(({ node }) => node).sort();

describe("a device", () => {
	test("is kept by its node, until it is removed", async () => {
		const { devices, open } = opened();
		const [one, two] = [ownDevice(), ownDevice({ node: "node-2", account: "juliet@example.net" })];
		await devices.put(one);
		await devices.put(two);
		expect(await open().get("node-1")).toEqual(one);
		expect(await open().all()).toEqual([one, two]);
		await devices.put(ownDevice({ name: "Laptop" }));
		expect((await open().get("node-1"))?.name).toBe("Laptop");
		await devices.remove("node-1");
		expect(await devices.get("node-1")).toBeUndefined();
		expect(await nodes(open())).toEqual(["node-2"]);
	});

	test("changed in two tabs at once loses nothing", async () => {
		const { devices, open } = opened();
		await devices.put(ownDevice());
		const add = (tab: typeof devices) =>
			tab.change("node-1", (device) => ({ ...device, lastPushAt: (device.lastPushAt ?? 0) + 1 }));
		const tabs = [devices, open(), open()];
		await Promise.all(Array.from({ length: 30 }, (_, index) => add(tabs[index % 3] ?? devices)));
		expect((await devices.get("node-1"))?.lastPushAt).toBe(30);
	});

	test("that is not there is not made by a change", async () => {
		const { devices } = opened();
		expect(await devices.change("node-1", (device) => device)).toBeUndefined();
		expect(await devices.all()).toEqual([]);
	});

	test("gets another node in one step, and its pending test ends", async () => {
		const { devices, clock } = opened();
		await devices.put(ownDevice());
		await devices.setPendingTest({ node: "node-1", startedAt: clock.at });
		await devices.replace("node-1", ownDevice({ node: "node-9" }));
		expect(await nodes(devices)).toEqual(["node-9"]);
		expect(await devices.takePendingTest("node-1", undefined)).toBeUndefined();
	});

	test("has a name of at most 100 characters, cut between two of them", async () => {
		const { devices } = opened();
		await devices.put(ownDevice({ name: `${"x".repeat(99)}👩‍👩‍👧` }));
		expect((await devices.get("node-1"))?.name).toBe("x".repeat(99));
		const changed = await devices.change("node-1", (device) => ({ ...device, name: "y".repeat(200) }));
		expect(changed?.name).toBe("y".repeat(100));
	});

	test("is one of at most a hundred: those that ended make room, the oldest first", async () => {
		const { devices } = opened();
		const at = (index: number) => ownDevice({ node: `node-${index}`, registeredAt: index });
		const ended = { at: 5, why: "gone" } as const;
		for (let index = 0; index < 100; index++) {
			await devices.put(index === 40 || index === 20 ? { ...at(index), ended } : at(index));
		}
		await devices.put(at(100));
		expect(await devices.get("node-20")).toBeUndefined();
		await devices.put(at(101));
		expect(await devices.get("node-40")).toBeUndefined();
		await expect(devices.put(at(102))).rejects.toThrow("end a device");
		expect(await devices.all()).toHaveLength(100);
		await devices.put({ ...at(101), name: "Renewed" });
		expect((await devices.get("node-101"))?.name).toBe("Renewed");
	});
});

test("opening says at once that nothing can be stored", async () => {
	await expect(openDevices({ indexedDB: undefined, now: Date.now })).rejects.toThrow("stores nothing");
	const devices = await openDevices({ indexedDB: new IDBFactory(), now: Date.now });
	expect(await devices.all()).toEqual([]);
});

test("what is known of the page is kept, each by itself", async () => {
	const { devices, open } = opened();
	expect(await devices.openedAt()).toBeUndefined();
	await devices.setOpenedAt(5);
	await devices.setLanguage("de");
	await devices.setOpenTemplate("https://chat.example/#{jid}");
	const again = open();
	expect([await again.openedAt(), await again.language(), await again.openTemplate()]).toEqual([
		5,
		"de",
		"https://chat.example/#{jid}",
	]);
});

test("what another site keeps is apart, and says what that site is", async () => {
	const indexedDB = new IDBFactory();
	const own = createDevices({ indexedDB, now: Date.now });
	const others = createDevices({ indexedDB, now: Date.now, name: "reveille-site" });
	await others.put(ownDevice());
	await others.setSite({ home: "https://chat.example/", apiBase: "https://push.example" });
	expect([await own.all(), await own.site()]).toEqual([[], undefined]);
	expect(await others.site()).toEqual({ home: "https://chat.example/", apiBase: "https://push.example" });
});

describe("a test push", () => {
	test("is recognised once, by its node and its body", async () => {
		const { devices, clock } = opened();
		const pending = { node: "node-1", body: "Test 4711", startedAt: clock.at };
		await devices.setPendingTest(pending);
		expect(await devices.takePendingTest("node-2", "Test 4711")).toBeUndefined();
		expect(await devices.takePendingTest("node-1", "Good night!")).toBeUndefined();
		expect(await devices.takePendingTest("node-1", "Test 4711")).toEqual(pending);
		expect(await devices.takePendingTest("node-1", "Test 4711")).toBeUndefined();
	});

	test("is recognised without a body too, where no text leaves", async () => {
		const { devices, clock } = opened();
		const pending = { node: "node-1", body: "Test 4711", startedAt: clock.at };
		await devices.setPendingTest(pending);
		expect(await devices.takePendingTest("node-1", undefined)).toEqual(pending);
	});

	test("of Reveille's own has Reveille's body", async () => {
		expect<string | undefined>(REVEILLES_TEST).toBe(TEST_PUSH.body);
		const { devices, clock } = opened();
		const pending = { node: "node-1", startedAt: clock.at };
		await devices.setPendingTest(pending);
		expect(await devices.takePendingTest("node-1", "Good night!")).toBeUndefined();
		expect(await devices.takePendingTest("node-1", "Test")).toEqual(pending);
	});

	test("is one no more after two minutes", async () => {
		const { devices, clock } = opened();
		await devices.setPendingTest({ node: "node-1", body: "Test", startedAt: clock.at });
		await devices.setPendingTest({ node: "node-2", body: "Test", startedAt: clock.at });
		clock.at += 119_999;
		expect(await devices.takePendingTest("node-2", "Test")).toBeDefined();
		clock.at += 1;
		expect(await devices.takePendingTest("node-1", "Test")).toBeUndefined();
	});
});

test("a browser has one device id, whichever tab asks first", async () => {
	const { devices, open } = opened();
	const ids = await Promise.all([devices.deviceId("one"), open().deviceId("other")]);
	expect(new Set(ids).size).toBe(1);
	expect(await open().deviceId("third")).toBe(ids[0] ?? "");
});
