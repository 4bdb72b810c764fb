/** `test-push` and `rename-push`: what owners do with their registrations over XMPP. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { registrationBounds } from "../../../src/limits/bounds/registrations.ts";
import type { Answer, Registration } from "../../../src/types.ts";
import {
	badField,
	type CommandsFixture,
	command,
	completed,
	error,
	JULIET,
	note,
	openCommandsFixture,
	SESSION,
	submit,
} from "./commands-fixture.ts";

const ROMEO = "romeo@example.org/orchard";
const X = "jabber:x:data";
const NOTHING = error(
	"cancel",
	"item-not-found",
	"You have no such registration here: list-push-registrations lists those that you have.",
);

let fixture: CommandsFixture;
let answer: Answer;
let now: number;
beforeEach(async () => {
	answer = { kind: "done", how: "delivered" };
	now = Date.UTC(2026, 0, 31);
	fixture = await openCommandsFixture({ testPush: async () => answer, now: () => now });
});
afterEach(() => fixture.close());

async function registered(device: string, from = JULIET, fields: Record<string, string> = {}) {
	const form = submit({ token: `t-${device}`, "device-id": device, ...fields });
	await fixture.ask(command("register-push-gcm", form), { from });
	const all = await fixture.registrations.ofOwner(from.split("/")[0] ?? "");
	return all.find((one) => one.device === device) as Registration;
}

const field = (name: string, label: string, value: string) =>
	`<field type="text-single" var="${name}" label="${label}"><value>${value}</value></field>`;
const tested = (node: string, result: string, said: string, reason = "") =>
	completed(
		"test-push",
		said,
		`<x xmlns="${X}" type="result">${field("node", "Node", node)}` +
			`${field("result", "What became of the test push", result)}${reason && field("reason", "Why", reason)}</x>`,
	);

describe.each([
	["test-push", {}],
	["rename-push", { "device-name": "Kitchen" }],
])("%s", (name, fields) => {
	const run = (which: Record<string, string> = {}, from = JULIET) =>
		fixture.ask(command(name, submit({ ...which, ...fields })), { from });
	const named = async () =>
		(await fixture.client.execute("SELECT device FROM registrations WHERE device_name = 'Kitchen'")).rows.map(
			({ device }) => device,
		);
	/** The devices that it was done to. */
	async function reached() {
		if (name === "rename-push") return named();
		const all = await Promise.all(fixture.tested.map((node) => fixture.registrations.find(node)));
		return all.map((one) => one?.device);
	}

	test("without a form lists what there is to choose from, and does nothing", async () => {
		const { node } = await registered("phone", JULIET, { "device-name": "Phone" });
		const other = await registered("other");
		await registered("orchard", ROMEO);
		const today = new Date(other.registeredAt).toISOString().slice(0, 10);
		const form = await fixture.ask(command(name));
		expect(form).toContain(`sessionid="${SESSION}" status="executing"`);
		expect(form).toContain(
			`<field type="list-single" var="node" label="Which registration"><required/>` +
				`<option label="Phone (fcm, since ${today})"><value>${node}</value></option>` +
				`<option label="No name (fcm, since ${today})"><value>${other.node}</value></option></field>`,
		);
		expect(await reached()).toEqual([]);
	});

	test("without a form says so where there is nothing to choose from", async () => {
		await registered("orchard", ROMEO);
		expect(await fixture.ask(command(name))).toBe(NOTHING);
	});

	test("goes by the node, else by the device id, else by the resource", async () => {
		const one = await registered("one");
		await registered("two");
		await registered("balcony");
		expect(await run({ node: one.node, "device-id": "two" })).toContain(`status="completed"`);
		expect(await run({ "device-id": "two" })).toContain(`status="completed"`);
		expect(await run()).toContain(`status="completed"`);
		expect(await reached()).toEqual(["one", "two", "balcony"]);
	});

	test("goes by the node as its client knows it", async () => {
		const fields = { provider: "fcm-xmpp-api", "device-token": "t" };
		await fixture.ask(command("register-device", submit(fields)));
		const { node } = await fixture.only();
		const open = await fixture.keyring.openNode(node);
		expect(await run({ node: open })).toContain(`<value>${open}</value>`);
		expect(await reached()).toHaveLength(1);
	});

	test.each(["node", "device-id"])("finds nothing of others by %s", async (by) => {
		const { node, device } = await registered("orchard", ROMEO);
		await registered("phone");
		expect(await run({ [by]: by === "node" ? node : device })).toBe(NOTHING);
		expect(await reached()).toEqual([]);
	});

	test("is for owners who may not register any more, too", async () => {
		await registered("balcony");
		const later = await openCommandsFixture({ allow: ["elsewhere.example"], database: fixture });
		expect(await later.ask(command(name, submit(fields)))).toContain(`status="completed"`);
	});

	test("from a bare JID needs to be told which", async () => {
		await registered("phone");
		expect(await run({}, "juliet@example.org")).toBe(
			badField("The field device-id is missing: send it, or from a full JID."),
		);
	});
});

describe("test-push", () => {
	const run = (node: string, from = JULIET) => fixture.ask(command("test-push", submit({ node })), { from });

	test.each([
		[
			{ kind: "done", how: "delivered" },
			["delivered", "info", "The push service took the test push: the device gets it when it can."],
		],
		[
			{ kind: "done", how: "superseded" },
			["superseded", "info", "A newer push for the same device went out in place of the test push."],
		],
		[
			{ kind: "done", how: "skipped" },
			[
				...["skipped", "warn"],
				"The test push was not sent: this device gets no pushes of its class. To choose others, register again with the field classes.",
			],
		],
		[
			{ kind: "done", how: "queued" },
			["queued", "warn", "The test push could not be delivered yet. It is tried again."],
		],
		[
			{ kind: "done", how: "queued", reason: "503 unwell" },
			[
				"queued",
				"warn",
				"The test push could not be delivered yet (503 unwell). It is tried again.",
				"503 unwell",
			],
		],
		[
			{ kind: "unknown", reason: "410 https://push.example/t" },
			[
				"gone",
				"error",
				"The push service says that the device is gone. The registration ended: register again.",
			],
		],
		[
			{ kind: "refused", reason: "400 too large" },
			["refused", "error", "The push service refused the test push: 400 too large.", "400 too large"],
		],
		[
			{ kind: "wait", reason: "the disk is full" },
			[
				...["not-now", "error", "The test push could not be sent: the disk is full. Try again later."],
				"the disk is full",
			],
		],
	] as const)("says in words what became of it: %j", async (became, [result, type, said, reason]) => {
		const { node } = await registered("phone");
		answer = became;
		expect(await run(node)).toBe(tested(node, result, note(said, type), reason));
		expect(fixture.tested).toEqual([node]);
	});

	test("does not repeat a reason that could hold an address or a token", async () => {
		const { node } = await registered("phone");
		answer = { kind: "wait", reason: "cannot reach https://push.example/token-1" };
		expect(await run(node)).not.toContain("push.example");
	});

	test("of a device with several registrations wants to know which, and sends none", async () => {
		await registered("phone");
		await fixture.ask(
			command("register-push-webpush", submit({ token: "https://push.example/1", "device-id": "phone" })),
		);
		expect(await fixture.ask(command("test-push", submit({ "device-id": "phone" })))).toBe(
			badField("This device has several registrations: send the node of one in the field node."),
		);
		expect(fixture.tested).toEqual([]);
	});

	const tooMany = (seconds: number) =>
		error("wait", "resource-constraint", `Too many test pushes: wait ${seconds} s.`);

	test("is for an account a few times at once, and then as often as the bound says", async () => {
		const { burst, perSecond } = registrationBounds.testPushes.is;
		const [{ node }, { node: romeos }] = [await registered("phone"), await registered("orchard", ROMEO)];
		for (let i = 0; i < burst; i++) expect(await run(node)).toContain(`status="completed"`);
		expect(await run(node)).toBe(tooMany(1 / perSecond));
		expect(fixture.tested).toHaveLength(burst);
		// Nobody else has to wait for it.
		expect(await run(romeos, ROMEO)).toContain(`status="completed"`);
		now += 1000 / perSecond;
		expect(await run(node)).toContain(`status="completed"`);
		expect(await run(node)).toBe(tooMany(1 / perSecond));
	});

	test("is for a domain with all names under it as often as the bound says: it makes accounts at will", async () => {
		const { burst } = registrationBounds.domainTestPushes.is;
		fixture = await openCommandsFixture({ allow: ["*"], now: () => now, database: fixture });
		let sent = 0;
		for (let i = 0; i <= burst; i++) {
			const from = `user@sub${i}.example.org/x`;
			const { node } = await registered("phone", from);
			const said = await run(node, from);
			if (said.includes(`status="completed"`)) sent++;
			else expect(said).toBe(tooMany(1));
		}
		expect(sent).toBe(burst);
		const elsewhere = "user@example.net/x";
		const { node } = await registered("phone", elsewhere);
		expect(await run(node, elsewhere)).toContain(`status="completed"`);
	});

	test("that finds nothing counts as none", async () => {
		const { node } = await registered("phone");
		for (let i = 0; i < 20; i++) expect(await run("nonsense")).toBe(NOTHING);
		expect(await run(node)).toContain(`status="completed"`);
	});
});

describe("rename-push", () => {
	const rename = (fields: Record<string, string>) => fixture.ask(command("rename-push", submit(fields)));
	const renamed = (said: string, ...nodes: readonly string[]) =>
		completed(
			"rename-push",
			note(said),
			`<x xmlns="${X}" type="result"><field type="text-multi" var="nodes" label="The nodes of what has the name">` +
				`${nodes.map((node) => `<value>${node}</value>`).join("")}</field></x>`,
		);

	test("changes the name, and nothing else: an older verdict about the device holds", async () => {
		const before = await registered("phone", JULIET, { "device-name": "Phone" });
		await fixture.registrations.record([{ node: before.node, at: 1, error: "503 unwell" }], []);
		now += 60_000;
		expect(await rename({ node: before.node, "device-name": " Kitchen " })).toBe(
			renamed("The registration has the new name.", before.node),
		);
		expect(await fixture.only()).toEqual({
			...before,
			deviceName: "Kitchen",
			lastErrorAt: 1,
			lastError: "503 unwell",
		});
		expect(fixture.gone).toEqual([]);
	});

	test("of a device with several registrations changes them all", async () => {
		const one = await registered("phone");
		await fixture.ask(
			command("register-push-webpush", submit({ token: "https://push.example/1", "device-id": "phone" })),
		);
		const said = await rename({ "device-id": "phone", "device-name": "Phone" });
		expect(said).toContain(note("2 registrations have the new name."));
		expect(said).toContain(`<value>${one.node}</value>`);
	});

	test.each([
		[{ "device-name": " " }, "The field device-name is missing: fill it in."],
		[{ "device-name": "x".repeat(257) }, "The field device-name has more than 256 bytes: shorten it."],
	])("with a bad name says what to do: %#", async (fields, text) => {
		const { node } = await registered("phone");
		expect(await rename({ node, ...fields })).toBe(badField(text));
		expect((await fixture.only()).deviceName).toBeUndefined();
	});

	test("is a write, and counts with the registrations of its domain", async () => {
		const { node } = await registered("phone");
		let last = "";
		for (let i = 0; i < 1_000 && !last.includes("wait"); i++)
			last = await rename({ node, "device-name": `${i}` });
		expect(last).toBe(
			error(
				"wait",
				"resource-constraint",
				"Too many changes of registrations from your server: try again in a minute.",
			),
		);
	});
});

test("what came over HTTP and XML has no way to write ends no stream: a name is listed, and offered, without it", async () => {
	const { node } = await registered("phone");
	await fixture.registrations.nameDevice(node, "Kitchen\uffff\ud83d<\u0001>");
	for (const answer of [
		await fixture.ask(command("list-push-registrations")),
		await fixture.ask(command("test-push")),
	]) {
		expect(answer).toContain("Kitchen\ufffd\ufffd&lt;\ufffd&gt;");
		for (const unwritable of ["\u0001", "\uffff"]) expect(answer).not.toContain(unwritable);
	}
});

describe("a UnifiedPush registration", () => {
	test("is listed beside the others and renamed as they are, and its test says where it can be tested", async () => {
		await registered("phone");
		const node = fixture.keyring.createNode();
		const wanted = {
			owner: "juliet@example.org",
			app: "UnifiedPush/XMPP",
			device: "a i",
			token: JULIET,
			deviceName: "UnifiedPush: balcony",
			dialect: "unifiedpush" as const,
		};
		await fixture.registrations.registerInBatch(wanted, node);
		const list = await fixture.ask(command("list-push-registrations", submit({})));
		expect(list).toContain("UnifiedPush: balcony");
		expect(list).toContain("UnifiedPush/XMPP");
		const answered = await fixture.ask(command("test-push", submit({ node })));
		expect(answered).toContain("<value>refused</value>");
		expect(answered).toContain("can be tested from there alone");
		expect(fixture.tested).toEqual([]);
		await fixture.ask(command("rename-push", submit({ node, "device-name": "Balcony" })));
		expect((await fixture.registrations.find(node))?.deviceName).toBe("Balcony");
		await fixture.ask(command("unregister-push", submit({ nodes: node })));
		expect(await fixture.registrations.find(node)).toBeUndefined();
	});
});
