/** Ad-hoc commands as XEP-0050 has them, whatever the dialect. */
import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
	type CommandsFixture,
	type CommandsFixtureOptions,
	command,
	completed,
	error,
	note,
	openCommandsFixture,
	SESSION,
	submit,
	WEBPUSH,
} from "./commands-fixture.ts";

const fixtures: CommandsFixture[] = [];
afterEach(() => Promise.all(fixtures.splice(0).map((fixture) => fixture.close())));
async function fixture(options?: CommandsFixtureOptions) {
	const opened = await openCommandsFixture(options);
	fixtures.push(opened);
	return opened;
}

const COMMANDS = "http://jabber.org/protocol/commands";
const TOKEN = "https://push.example/token-1";
const FORM = submit({ token: TOKEN });

test("while the disk is nearly full nothing new is registered: its client is to come again", async () => {
	let isFull = false;
	const its = await fixture({ mayGrow: () => !isFull });
	const register = (device: string) =>
		its.ask(command("register-push-webpush", submit({ token: TOKEN, "device-id": device })));
	expect(await register("phone")).toContain('status="completed"');
	isFull = true;
	const answer = await register("tablet");
	expect(answer).toContain('<error type="wait"><resource-constraint');
	expect(answer).toContain("nearly full");
	expect(await register("phone")).toContain('status="completed"');
	expect(await its.count()).toBe(1);
});

describe("a command without a form", () => {
	test("that registers gives the form to fill in, with labels and what is needed", async () => {
		const { ask } = await fixture();
		expect(await ask(command("register-push-webpush"))).toBe(
			`<command xmlns="${COMMANDS}" node="register-push-webpush" sessionid="${SESSION}" status="executing">` +
				`<actions execute="complete"><complete/></actions>` +
				`<x xmlns="jabber:x:data" type="form"><title>Register a browser or a UnifiedPush app (Web Push)</title>` +
				`<instructions>Enable push at your own server with the address, node and secret that you get.</instructions>` +
				`<field type="text-single" var="token" label="The endpoint&apos;s URL"><required/></field>` +
				`<field type="text-single" var="p256dh" label="The device&apos;s public key, base64url"/>` +
				`<field type="text-single" var="auth" label="Its authentication secret, base64url"/>` +
				`<field type="text-single" var="title" label="Apple alone: the title of what it shows, where nobody is named"/>` +
				`<field type="text-single" var="navigate" label="Apple alone: the https URL that a tap on it opens"/>` +
				`<field type="text-single" var="device-id" label="An id of the device (the resource)"/>` +
				`<field type="text-single" var="device-name" label="A name of the device, for you"/>` +
				`<field type="list-multi" var="classes" label="Which pushes it gets (none chosen: as before, for a new device the usual ones)">` +
				`<option label="Calls"><value>voip</value></option><option label="Messages"><value>high</value></option>` +
				`<option label="What shows nothing, such as read marks"><value>low</value></option></field></x></command>`,
		);
	});

	test("offers what there is to choose from", async () => {
		const { ask } = await fixture({ apps: [WEBPUSH] });
		expect(await ask(command("v1-register-push"))).toContain(
			`<field type="list-single" var="type" label="The push service"><required/>` +
				`<option label="mozilla"><value>mozilla</value></option>` +
				`<option label="webpush"><value>webpush</value></option>` +
				`<option label="unifiedpush"><value>unifiedpush</value></option></field>`,
		);
	});

	test.each(["register-push-gcm", "register-push-fcm", "v1-register-push", "register-device"])(
		"%s asks for each field that it needs",
		async (node) => {
			const { ask } = await fixture();
			const needed = (await ask(command(node))).match(/<required\/>/g)?.length ?? 0;
			let missing = 0;
			const filled: Record<string, string> = {};
			for (;;) {
				const answer = await ask(command(node, submit(filled)));
				const field = answer.match(/The field (\S+) .*is missing/)?.[1];
				if (field === undefined) break;
				missing++;
				filled[field] = field === "type" ? "fcm" : field === "provider" ? "fcm-xmpp-api" : "t";
			}
			expect(missing).toBe(needed);
		},
	);

	test("goes on as people's clients do: with complete, next or execute, and the session's id", async () => {
		for (const action of ["complete", "next", "execute"]) {
			const { ask, only } = await fixture();
			const answer = await ask(
				command("register-push-webpush", FORM, `action="${action}" sessionid="of-ours"`),
			);
			expect(answer).toStartWith(
				`<command xmlns="${COMMANDS}" node="register-push-webpush" sessionid="of-ours" status="completed">`,
			);
			expect((await only()).token).toBe(TOKEN);
		}
	});

	test("may be cancelled, and nothing happens", async () => {
		const { ask, count } = await fixture();
		const canceled = `<command xmlns="${COMMANDS}" node="register-push-webpush" sessionid="s" status="canceled"/>`;
		expect(await ask(command("register-push-webpush", "", `action="cancel" sessionid="s"`))).toBe(canceled);
		expect(await ask(command("register-push-webpush", FORM, `action="cancel" sessionid="s"`))).toBe(canceled);
		const x = `<x xmlns="jabber:x:data" type="cancel"/>`;
		expect(await ask(command("register-push-webpush", x, `sessionid="s"`))).toBe(canceled);
		expect(await count()).toBe(0);
	});
});

describe("the action", () => {
	test("may be missing: that means execute", async () => {
		const { ask, only } = await fixture();
		expect(await ask(command("register-push-webpush", FORM, ""))).toContain(`status="completed"`);
		expect((await only()).token).toBe(TOKEN);
	});

	test.each([
		["prev", "There is no step before this one.", "bad-action"],
		["jump", "The action must be execute, complete, next or cancel.", "malformed-action"],
	])("%s is refused", async (action, text, specific) => {
		const { ask, count } = await fixture();
		expect(await ask(command("register-push-webpush", FORM, `action="${action}"`))).toBe(
			error("modify", "bad-request", text, specific),
		);
		expect(await count()).toBe(0);
	});

	test("has a session id that is not endless", async () => {
		const { ask } = await fixture();
		expect(await ask(command("list-push-registrations", "", `sessionid="${"x".repeat(129)}"`))).toBe(
			error("modify", "bad-request", "This session id is none of ours.", "bad-sessionid"),
		);
	});
});

describe("a command", () => {
	test.each(["", "register-push", "register-push-blackberry", "__proto__", "REGISTER-PUSH-APNS"])(
		"that is not there is not found: %p",
		async (node) => {
			const { ask } = await fixture();
			expect(await ask(command(node, FORM))).toBe(
				error("cancel", "item-not-found", "There is no such command here."),
			);
		},
	);

	test("whose service is not set up says so", async () => {
		const { ask } = await fixture({ apps: [WEBPUSH] });
		expect(await ask(command("register-push-apns", submit({ token: "x" })))).toBe(
			error("cancel", "feature-not-implemented", "This server is not set up for such devices."),
		);
	});

	test("beyond the quota says what to do", async () => {
		const { ask, count } = await fixture({ quota: 1 });
		await ask(command("register-push-webpush", FORM));
		expect(await ask(command("register-push-webpush", submit({ token: TOKEN, "device-id": "2" })))).toBe(
			error(
				"wait",
				"resource-constraint",
				"Your account has as many registrations as this server allows: unregister some that you do not use.",
			),
		);
		expect(await count()).toBe(1);
	});

	test.each([
		["register-push-webpush", FORM],
		["list-push-registrations", ""],
		["unregister-push", ""],
	])("%s while the database is away is to be tried again, and the operator is told", async (node, form) => {
		const away = () => Promise.reject(new Error("the database is away"));
		const { ask, faults } = await fixture({ registrar: { register: away, list: away, remove: away } });
		expect(await ask(command(node, form))).toBe(
			error("wait", "internal-server-error", "This cannot be done now. Try again later."),
		);
		expect(faults).toEqual([new Error("the database is away")]);
	});

	test.each(["", "/x"])(
		"from %p, which is nobody, reaches nothing of those who registered over HTTP",
		async (from) => {
			const { ask, registrations, count } = await fixture({ allow: ["*"] });
			const anonymous = { owner: "", app: "webpush", device: "x", token: TOKEN };
			await registrations.register(anonymous, () => "node-1");
			for (const node of ["list-push-registrations", "unregister-push", "register-push-webpush"]) {
				expect(await ask(command(node, submit({ token: TOKEN, nodes: "node-1" })), { from })).toBe(
					error("modify", "jid-malformed", "The sender is missing."),
				);
			}
			expect(await count()).toBe(1);
		},
	);

	test("is an IQ set: a get is not served", async () => {
		const { ask } = await fixture();
		expect(await ask(command("list-push-registrations"), { type: "get" })).toContain("service-unavailable");
	});
});

describe("XMPP_ALLOW", () => {
	const FORBIDDEN = error(
		"auth",
		"forbidden",
		"You may not register here: ask the operator of this server to let you or your domain (XMPP_ALLOW), or for an invite.",
	).replace("</error>", `<invite xmlns="urn:reveille:0" why="missing"/></error>`);

	test("keeps strangers from registering, with a form or without", async () => {
		const { ask, count } = await fixture({ allow: ["example.org"] });
		const from = "stranger@elsewhere.example/x";
		for (const node of [
			"register-push-webpush",
			"register-push-fcm",
			"v1-register-push",
			"register-device",
		]) {
			expect(await ask(command(node, FORM), { from })).toBe(FORBIDDEN);
			const form = await ask(command(node), { from });
			// Who is asked for fields is asked for an invite too.
			if (form.startsWith("<error")) expect(form).toBe(FORBIDDEN);
			else
				expect(form).toMatch(
					/<field type="text-single" var="invite" label="[^"]+"><required\/><\/field><\/x>/,
				);
		}
		expect(await count()).toBe(0);
	});

	test("lets owners look after what they have, though they may not register any more", async () => {
		const { ask, registrations } = await fixture({ allow: ["elsewhere.example"] });
		await registrations.register(
			{ owner: "juliet@example.org", app: "webpush", device: "balcony", token: TOKEN },
			() => "node-1",
		);
		expect(await ask(command("register-push-webpush", FORM))).toBe(FORBIDDEN);
		expect(await ask(command("list-push-registrations"))).toContain("<value>node-1</value>");
		expect(await ask(command("unregister-push"))).toBe(
			completed("unregister-push", note("The registration ended.")),
		);
	});
});

test("fuzz: whatever is sent, there is one answer, be it to the command or an error, and no fault of ours", async () => {
	const { ask, faults } = await fixture({ quota: 1000 });
	const nodes = [
		...[
			"register-push-apns",
			"register-push-gcm",
			"register-push-fcm",
			"register-push-wns",
			"unregister-push",
		],
		...["register-push-webpush", "register-push-ubuntu", "list-push-registrations", "unregister-push-fcm"],
		...["v1-register-push", "v1-unregister-push", "register-device", "unregister-device", "x"],
		...["test-push", "rename-push"],
	];
	const names = [
		...["token", "device-id", "android-id", "device-name", "muc", "channel", "nodes", "node", "type"],
		...["provider", "device-token", "device-second-token", "p256dh", "auth", "application-id", "__proto__"],
		"classes",
	];
	const text = fc.oneof(
		fc.constantFrom(TOKEN, "", " ", "%", "%E0%A4%A", "a.b.c", "@", "a@b", "a@b/c", "fcm", "fcm-xmpp-api"),
		fc.string({ maxLength: 12 }).map((raw) => raw.replaceAll(/[<>&\p{Cc}]/gu, "")),
	);
	const field = fc.tuple(fc.constantFrom(...names), fc.array(text, { maxLength: 3 }));
	const form = fc.option(
		fc.array(field, { maxLength: 6 }).map((fields) => submit(Object.fromEntries(fields))),
		{ nil: "" },
	);
	const action = fc.constantFrom(
		"",
		`action="execute"`,
		`action="complete"`,
		`action="prev"`,
		`action="cancel"`,
	);
	await fc.assert(
		fc.asyncProperty(fc.constantFrom(...nodes), form, action, async (node, filled, attributes) => {
			expect(await ask(command(node, filled, attributes))).toMatch(/^<(command|error) /);
		}),
		{ numRuns: 500 },
	);
	expect(faults).toEqual([]);
});

test("markup in what a client sends stays text", async () => {
	const { ask, only } = await fixture();
	const name = `<field var="device-name"><value>&lt;b&gt;</value></field>`;
	await ask(command("register-push-webpush", FORM.replace("</x>", `${name}</x>`)));
	expect((await only()).deviceName).toBe("<b>");
	expect(await ask(command("list-push-registrations"))).toContain("<value>&lt;b&gt;</value>");
});

test.each([
	["values", `<value/>`.repeat(65)],
	["characters", `<value>${"x".repeat(4_097)}</value>`],
])("of the name of a field with too many %s an error repeats the beginning", async (_, values) => {
	const { ask } = await fixture();
	const form = `<x xmlns="jabber:x:data" type="submit"><field var="${">".repeat(100_000)}">${values}</field></x>`;
	const answer = await ask(command("unregister-push", form));
	expect(answer).toContain(`${"&gt;".repeat(99)}… has more than`);
	expect(answer.length).toBeLessThan(1_000);
});
