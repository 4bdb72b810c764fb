import { describe, expect, test } from "bun:test";
import { createAdmission } from "../../src/delivery/admission.ts";
import { createKeyring } from "../../src/secrets.ts";
import type { Notification } from "../../src/types.ts";
import { NO_MODULES, readableLog } from "./delivery-fixture.ts";

const notification: Notification = { class: "low" };
const keyring = await createKeyring("the key of the tests, 32 characters and more");
const node = keyring.createNode();
const secret = await keyring.secretOf(node);

function admission(modules = NO_MODULES) {
	const { log, lines } = readableLog();
	const clock = { now: 0 };
	return { admit: createAdmission({ keyring, modules, log, now: () => clock.now }), lines, clock };
}

describe("a publish is admitted", () => {
	test("with the node and its secret", async () => {
		expect(await admission().admit({ node, secret, notification })).toEqual({ node });
	});

	test("with a node that holds its secret, as Tigase's clients have it", async () => {
		const openNode = await keyring.openNode(node);
		expect(await admission().admit({ node: openNode, notification })).toEqual({ node });
	});

	test("with its secret in the midst of blanks, as clients that indent their XML have it kept", async () => {
		for (const padded of [`\n\t${secret}\n`, ` ${secret}`, `${secret} `]) {
			expect(await admission().admit({ node, secret: padded, notification })).toEqual({ node });
		}
	});

	test("with the secret that another app server gave out, though it begins with a blank", async () => {
		const asked: string[] = [];
		const former = {
			async verify(_node: string, secret: string) {
				asked.push(secret);
				return secret === " former" ? "ok" : "wrong";
			},
		} as const;
		const { log } = readableLog();
		const admit = createAdmission({ keyring: former, modules: NO_MODULES, log, now: () => 0 });
		expect(await admit({ node: "foreign", secret: " former", notification })).toEqual({ node: "foreign" });
		expect(asked).toEqual([" former"]);
	});
});

describe("a publish is not admitted", () => {
	test.each([
		["without a secret", { node }],
		["with a wrong secret", { node, secret: `${secret.slice(0, -4)}AAAA` }],
		["with the secret of another node", { node: keyring.createNode(), secret }],
		["with an open node whose secret is another's", { node: `${keyring.createNode()}.${secret}` }],
		["with an open node that has an end too many", { node: `${node}.${secret}.` }],
		["with an open node and a wrong secret beside it", { node: `${node}.${secret}`, secret: "wrong" }],
		["with blanks for a secret", { node, secret: " \n" }],
		["with blanks within the secret", { node, secret: `${secret.slice(0, 20)} ${secret.slice(20)}` }],
		["with a push module nobody serves", { node: "token", pushModule: "nobody's" }],
		["with a push module and a wrong secret", { node, secret: "wrong", pushModule: "monal" }],
	])("%s", async (_how, request) => {
		expect(await admission().admit({ ...request, notification })).toMatchObject({ kind: "unknown" });
	});

	test("where its key is not configured: it waits, and a person hears of it once a minute", async () => {
		const { admit, lines, clock } = admission();
		const foreign = (await createKeyring("another key than that of the tests, as long")).createNode();
		for (const now of [0, 59_999, 60_000]) {
			clock.now = now;
			expect(await admit({ node: foreign, secret, notification })).toMatchObject({ kind: "wait" });
		}
		expect(lines.filter((line) => line.includes("SECRET_KEY_OLD"))).toHaveLength(2);
	});
});

test("a device's token is admitted by the push module's own rules, with who published it", async () => {
	const asked: unknown[] = [];
	const { admit } = admission({
		...NO_MODULES,
		admit(request) {
			asked.push(request);
			return { node: "made up" };
		},
	});
	const request = { node: "token", pushModule: "monal", publisher: "example.org", notification };
	expect(await admit(request)).toEqual({ node: "made up" });
	expect(asked).toEqual([{ module: "monal", token: "token", publisher: "example.org" }]);
});

test("a device of APNs that Push 2.0 names is admitted by the push modules' rules; what is not served is refused", async () => {
	const asked: unknown[] = [];
	const { admit } = admission({
		...NO_MODULES,
		admitApns(...request) {
			asked.push(request);
			return request[0].topic === "org.example.chat"
				? { node: "made up" }
				: { kind: "unknown", reason: "no app here has this topic" };
		},
	});
	const device = { kind: "apns", token: "ab", topic: "org.example.chat", sandbox: false } as const;
	const request = { node: "ab", push2: device, publisher: "example.org", notification };
	expect(await admit(request)).toEqual({ node: "made up" });
	expect(asked).toEqual([[device, "example.org"]]);
	expect(await admit({ ...request, push2: { ...device, topic: "org.example.other" } })).toMatchObject({
		kind: "refused",
	});
	const barred = createAdmission({
		keyring,
		modules: NO_MODULES,
		isBarred: () => true,
		log: readableLog().log,
		now: () => 0,
	});
	expect(await barred(request)).toMatchObject({ kind: "refused" });
});
