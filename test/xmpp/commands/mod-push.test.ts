/** mod_push's dialect, as its clients send it and as they read the answers. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { stanzaBounds } from "../../../src/limits/bounds/stanzas.ts";
import { subscription } from "../../routes/routes-fixture.ts";
import {
	APNS_BASE64,
	APNS_HEX,
	badField,
	type CommandsFixture,
	command,
	completed,
	error,
	FCM,
	JULIET,
	note,
	openCommandsFixture,
	PUSH,
	submit,
} from "./commands-fixture.ts";

let fixture: CommandsFixture;
beforeEach(async () => {
	fixture = await openCommandsFixture();
});
afterEach(() => fixture.close());

const X = "jabber:x:data";
const field = (name: string, type: string, label: string, value: string) =>
	`<field type="${type}" var="${name}" label="${label}"><value>${value}</value></field>`;
const registered = (jid: string, node: string, secret: string, deviceSecret?: string) =>
	`<x xmlns="${X}" type="result">` +
	field("jid", "jid-single", "The address that your server publishes to", jid) +
	field("node", "text-single", "The node there", node) +
	field("secret", "text-single", "The secret that your server publishes with", secret) +
	(deviceSecret === undefined
		? ""
		: field(
				"device-secret",
				"text-single",
				"The device&apos;s own secret: keep it, and give it to no server",
				deviceSecret,
			)) +
	"</x>";

describe("register-push-apns", () => {
	/** As the README of mod_push shows it. */
	const STANZA = `<iq type='set' to='push.example.net' id='exec1' from='${JULIET}'>
		<command xmlns='http://jabber.org/protocol/commands' node='register-push-apns' action='execute'>
			<x xmlns='jabber:x:data' type='submit'>
				<field
				var='token'>
					<value>${APNS_BASE64}</value>
				</field>
				<field var='device-name'><value>Home</value></field>
			</x>
		</command>
	</iq>`;

	test("is answered with the address, a node and its secret, to the element and attribute", async () => {
		const answer = await fixture.reply(STANZA);
		const { node } = await fixture.only();
		const secret = await fixture.keyring.secretOf(node);
		expect(answer).toBe(
			`<iq type="result" id="exec1" to="${JULIET}" from="push.example.net">` +
				`${completed("register-push-apns", registered("push.example.net", node, secret))}</iq>`,
		);
	});

	test("keeps the token in hexadecimal, the resource as the device, and what was written to", async () => {
		await fixture.reply(STANZA);
		expect(await fixture.only()).toMatchObject({
			owner: "juliet@example.org",
			app: "apns",
			device: "balcony",
			deviceName: "Home",
			token: APNS_HEX,
			jid: "push.example.net",
			dialect: "mod_push",
		});
	});

	test("takes the token for base64 even if it looks like hexadecimal: the command says so", async () => {
		const token = "abcdef0123456789";
		await fixture.ask(command("register-push-apns", submit({ token, "device-name": "Home" })));
		expect((await fixture.only()).token).toBe(Buffer.from(token, "base64").toString("hex"));
		const sure = { token: APNS_HEX, "device-id": "balcony", classes: "high" };
		await fixture.ask(command("register-push-apns", submit(sure)));
		expect(await fixture.only()).toMatchObject({ dialect: "mod_push", classes: ["high"] });
	});

	test("allows blanks and line breaks in the token, as base64 has them", async () => {
		const token = `\n ${APNS_BASE64.slice(0, 20)}\n${APNS_BASE64.slice(20)} `;
		await fixture.ask(command("register-push-apns", submit({ token })));
		expect((await fixture.only()).token).toBe(APNS_HEX);
	});

	test("says what is wrong with a token that is no base64, and changes nothing", async () => {
		expect(await fixture.ask(command("register-push-apns", submit({ token: "*" })))).toBe(
			badField("The token must be base64 of the binary device token."),
		);
		expect(await fixture.count()).toBe(0);
	});
});

describe("register-push-X", () => {
	const endpoint = "https://push.example/token-1";
	const channel = "https://db5p.notify.windows.com/?token=AwYAAAB%2fQAhYEiAESPobjHzQcwGCTj";
	test.each([
		["gcm", { token: "fcm-token" }, { app: "fcm", token: "fcm-token" }],
		["mozilla", { token: endpoint }, { app: "webpush", token: endpoint }],
		[
			"webpush",
			{ token: endpoint, ...subscription().keys },
			{ app: "webpush", token: endpoint, ...subscription().keys },
		],
		[
			"webpush",
			{ token: endpoint, title: "New message", navigate: "https://chat.example/" },
			{ app: "webpush", title: "New message", navigate: "https://chat.example/" },
		],
		["unifiedpush", { token: endpoint }, { app: "webpush", token: endpoint }],
		[
			"ubuntu",
			{ token: "ubuntu-token", "application-id": "com.example_app" },
			{ app: "ubuntu", token: "ubuntu-token", applicationId: "com.example_app" },
		],
		["wns", { token: encodeURIComponent(channel) }, { app: "wns", token: channel }],
		["wns", { token: channel }, { app: "wns", token: channel }],
	] as const)("%s registers: %#", async (name, fields, kept) => {
		const answer = await fixture.ask(
			command(`register-push-${name}`, submit({ ...fields, "device-id": "D1", "device-name": "Phone" })),
		);
		const registration = await fixture.only();
		const { node } = registration;
		expect(registration).toMatchObject({ ...kept, device: "D1", deviceName: "Phone", dialect: "mod_push" });
		// Others' clients know of no device secret, and might hand it on to their server.
		const isOurs = name === "webpush" || name === "unifiedpush";
		const [secret, deviceSecret] = [
			await fixture.keyring.secretOf(node),
			isOurs ? await fixture.keyring.deviceSecretOf(node) : undefined,
		];
		expect(answer).toBe(completed(`register-push-${name}`, registered(PUSH, node, secret, deviceSecret)));
	});

	test.each([
		["apns", { token: APNS_BASE64 }],
		["gcm", { token: "fcm-token" }],
		["webpush", { token: endpoint }],
		["ubuntu", { token: "ubuntu-token", "application-id": "com.example_app" }],
		["wns", { token: channel }],
	] as const)("%s keeps the classes that are asked for, until others are", async (name, fields) => {
		const asking = async (...classes: string[]) => {
			await fixture.ask(command(`register-push-${name}`, submit({ ...fields, classes })));
			return (await fixture.only()).classes;
		};
		expect(await asking()).toBeUndefined();
		expect(await asking(" high ", "low", "high")).toEqual(["high", "low"]);
		expect(await asking("")).toEqual(["high", "low"]);
		expect(await asking("voip")).toEqual(["voip"]);
	});

	test.each([
		[
			"webpush",
			{ token: endpoint, classes: ["high", "event"] },
			"The field classes may have the values voip, high, low: choose among them.",
		],
		["webpush", {}, "The field token is missing: fill it in."],
		["webpush", { token: " " }, "The field token is missing: fill it in."],
		["webpush", { token: "http://push.example/1" }, "The endpoint must be an https URL."],
		["webpush", { token: endpoint, auth: "x" }, "p256dh and auth come together: give both or neither."],
		[
			"webpush",
			{ token: endpoint, title: "Chat" },
			"title and navigate come together: give both or neither.",
		],
		["wns", { token: "%E0%A4%A" }, "The token must be the channel URI, escaped."],
		[
			"webpush",
			{ token: endpoint, "device-name": "x".repeat(257) },
			"The field device-name has more than 256 bytes: shorten it.",
		],
		["webpush", { token: "x".repeat(4097) }, "The field token has more than 4096 characters: send less."],
		[
			"webpush",
			Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`f${index}`, "x"])),
			"The form has more than 32 fields: send less.",
		],
		[
			"webpush",
			{ token: endpoint, nodes: Array.from({ length: 65 }, () => "x") },
			"The field nodes has more than 64 values: send less.",
		],
	])("%s with a bad field says what to do, and changes nothing: %#", async (name, fields, text) => {
		expect(
			await fixture.ask(command(`register-push-${name}`, submit(fields as Record<string, string>))),
		).toBe(badField(text));
		expect(await fixture.count()).toBe(0);
	});

	test("from a bare JID needs a device-id", async () => {
		const form = submit({ token: endpoint });
		expect(await fixture.ask(command("register-push-webpush", form), { from: "juliet@example.org" })).toBe(
			badField("The field device-id is missing: send it, or from a full JID."),
		);
	});

	test("of the same device renews: the same node and secret for another token", async () => {
		const first = await fixture.ask(command("register-push-webpush", submit({ token: endpoint })));
		const second = await fixture.ask(command("register-push-webpush", submit({ token: `${endpoint}2` })));
		expect(second).toBe(first);
		expect((await fixture.only()).token).toBe(`${endpoint}2`);
	});

	test("of a device whose app is retired since stays with that app", async () => {
		await fixture.ask(command("register-push-gcm", submit({ token: "t" })));
		const { node } = await fixture.only();
		const later = await openCommandsFixture({
			apps: [
				{ ...FCM, retired: true },
				{ ...FCM, name: "listed" },
			],
			database: fixture,
		});
		await later.ask(command("register-push-gcm", submit({ token: "t2" })));
		await later.ask(command("register-push-gcm", submit({ token: "t3", "device-id": "new" })));
		const all = await fixture.registrations.ofOwner("juliet@example.org");
		expect(all.map(({ app, token }) => [app, token])).toEqual([
			["fcm", "t2"],
			["listed", "t3"],
		]);
		expect(all[0]?.node).toBe(node);
		await later.ask(command("unregister-push"));
		expect((await fixture.only()).app).toBe("listed");
	});

	test("of another owner's device with the same id is a registration of its own", async () => {
		await fixture.ask(command("register-push-webpush", submit({ token: endpoint, "device-id": "D" })));
		await fixture.ask(command("register-push-webpush", submit({ token: endpoint, "device-id": "D" })), {
			from: "romeo@example.org/orchard",
		});
		expect(await fixture.count()).toBe(2);
	});
});

describe("list-push-registrations", () => {
	test("has no form when there are none, and says so", async () => {
		expect(await fixture.ask(command("list-push-registrations"))).toBe(
			completed("list-push-registrations", note("You have no registration here.")),
		);
	});

	const COLUMNS = [
		...["device-name:Name", "node:Node", "app:App", "last-success:Last delivered", "last-error:Last error"],
	].map((column) => column.split(":"));
	const reported = `<reported>${COLUMNS.map(
		([name, label]) => `<field type="text-single" var="${name}" label="${label}"/>`,
	).join("")}</reported>`;
	const item = (...values: readonly string[]) =>
		`<item>${COLUMNS.map(
			([name], at) =>
				`<field var="${name}">${values[at] ? `<value>${values[at]}</value>` : "<value/>"}</field>`,
		).join("")}</item>`;

	test("has an item for each of the sender's own: name and node as ever, then app and how it went", async () => {
		const register = (fields: Record<string, string>, from = JULIET) =>
			fixture.ask(command("register-push-gcm", submit({ token: "t", ...fields })), { from });
		await register({ "device-id": "1", "device-name": "Home" });
		await register({ "device-id": "2" });
		await register({ "device-id": "3" }, "romeo@example.org/orchard");
		const [one = "", two = ""] = (await fixture.registrations.ofOwner("juliet@example.org")).map(
			({ node }) => node,
		);
		const [good, bad] = [Date.UTC(2026, 0, 31, 12), Date.UTC(2026, 1, 1)];
		await fixture.registrations.record(
			[
				{ node: one, at: good },
				{ node: one, at: bad, error: "503 unwell" },
				{ node: two, at: bad, error: "no route to https://push.example/token" },
			],
			[],
		);
		expect(await fixture.ask(command("list-push-registrations"), { from: "juliet@example.org/other" })).toBe(
			completed(
				"list-push-registrations",
				`<x xmlns="${X}" type="result">${reported}${item(
					...["Home", one, "fcm", "2026-01-31T12:00:00.000Z", "2026-02-01T00:00:00.000Z 503 unwell"],
				)}${item(
					...["", two, "fcm", ""],
					// What could hold an address or a token is not repeated.
					"2026-02-01T00:00:00.000Z the push could be neither sent nor kept",
				)}</x>`,
			),
		);
	});

	test("leaves the oldest out where all do not fit into one answer, for their errors, and says how many", async () => {
		for (let i = 0; i < 50; i++) {
			const device = { owner: "juliet@example.org", app: "fcm", device: `d${i}`, token: "t" };
			const name = { deviceName: `${i}:`.padEnd(256, "&") };
			await fixture.registrations.registerInBatch({ ...device, ...name }, fixture.keyring.createNode());
			await fixture.client.execute({
				sql: "UPDATE registrations SET registered_at = ?, last_error_at = 1, last_error = ? WHERE device = ?",
				args: [i, "&".repeat(199), `d${i}`],
			});
		}
		const answer = await fixture.ask(command("list-push-registrations"));
		expect(Buffer.byteLength(answer)).toBeLessThan(stanzaBounds.listed.is + 1024);
		expect(answer).toContain("49:");
		expect(answer).not.toContain(">0:");
		const shown = answer.match(/<item>/g)?.length ?? 0;
		expect(shown).toBeGreaterThan(5);
		expect(answer).toContain(
			note(`Your oldest registrations do not fit into this answer: ${50 - shown} are left out.`),
		);
		// What people choose from says nothing of errors: all fit, with names that are cut.
		for (const name of ["test-push", "rename-push"]) {
			const form = await fixture.ask(command(name));
			expect(Buffer.byteLength(form)).toBeLessThan(stanzaBounds.listed.is + 1024);
			expect(form.match(/<option /g)).toHaveLength(50);
		}
	});
});

test("the list of as many registrations as one may have, with names as long as may be, is a small stanza", async () => {
	const name = "🕊&".repeat(50);
	for (let device = 0; device < 50; device++) {
		const form = submit({ token: "t", "device-id": String(device), "device-name": `${device} ${name}` });
		await fixture.ask(command("register-push-gcm", form));
	}
	const list = await fixture.ask(command("list-push-registrations"));
	expect(list.match(/<item>/g)).toHaveLength(50);
	expect(list).toContain("<value>49 🕊&amp;🕊&amp;");
	expect(list).not.toContain("\ufffd");
	expect(new TextEncoder().encode(list).length).toBeLessThan(26 * 1024);
});

describe("unregister-push", () => {
	const register = async (device: string, from = JULIET) => {
		await fixture.ask(command("register-push-gcm", submit({ token: "t", "device-id": device })), { from });
		const all = await fixture.registrations.ofOwner(from.split("/")[0] ?? "");
		return all.find((registration) => registration.device === device)?.node ?? "";
	};
	const ENDED = completed("unregister-push", note("The registration ended."));
	const NOTHING = error(
		"cancel",
		"item-not-found",
		"You have no such registration here: list-push-registrations lists those that you have.",
	);

	test("with nodes ends those, whatever the device, and lists them", async () => {
		const nodes = [await register("1"), await register("2"), await register("balcony")];
		const form = submit({ nodes: [nodes[0] ?? "", nodes[1] ?? "", "unheard-of"], "device-id": "balcony" });
		expect(await fixture.ask(command("unregister-push", form))).toBe(
			completed(
				"unregister-push",
				note("2 registrations ended."),
				`<x xmlns="${X}" type="result">` +
					`<field type="list-multi" var="nodes" label="The nodes of those that ended">` +
					`<value>${nodes[0]}</value><value>${nodes[1]}</value></field></x>`,
			),
		);
		expect((await fixture.only()).device).toBe("balcony");
		expect(fixture.gone.map(({ node }) => node)).toEqual(nodes.slice(0, 2));
	});

	test("with a device-id ends that one, without a form", async () => {
		await register("1");
		await register("2");
		expect(await fixture.ask(command("unregister-push", submit({ "device-id": "2" })))).toBe(ENDED);
		expect((await fixture.only()).device).toBe("1");
	});

	test("without anything runs at once and ends the resource's", async () => {
		await register("balcony");
		await register("other");
		expect(await fixture.ask(command("unregister-push"))).toBe(ENDED);
		expect((await fixture.only()).device).toBe("other");
	});

	test("tells the owner's server of what ended", async () => {
		const node = await register("balcony");
		await fixture.ask(command("unregister-push"));
		expect(fixture.gone).toMatchObject([{ node, owner: "juliet@example.org", jid: PUSH }]);
	});

	test.each([["device-id"], ["nodes"]])("finds nothing of others by %s", async (field) => {
		const node = await register("orchard", "romeo@example.org/orchard");
		const form = submit({ [field]: field === "nodes" ? node : "orchard" });
		expect(await fixture.ask(command("unregister-push", form))).toBe(NOTHING);
		expect(await fixture.count()).toBe(1);
		expect(fixture.gone).toEqual([]);
	});

	test("is answered by item-not-found when nothing matches", async () => {
		expect(await fixture.ask(command("unregister-push"))).toBe(NOTHING);
	});
});

describe("the key that browsers subscribe with", () => {
	async function answered(node: string, token: string) {
		const withKey = await openCommandsFixture({ registrar: { vapidPublicKey: "BKEY" } });
		try {
			const form = await withKey.ask(command(node));
			return { form, answer: await withKey.ask(command(node, submit({ token, "device-id": "d" }))) };
		} finally {
			await withKey.close();
		}
	}

	test("is in the form to fill in, which shows it to nobody, and in our answer", async () => {
		const { form, answer } = await answered(
			"register-push-webpush",
			"https://updates.push.services.mozilla.com/wpush/v2/k",
		);
		expect(form).toContain(`<field type="hidden" var="vapid-public-key"`);
		expect(form).toContain("<value>BKEY</value>");
		expect(answer).toMatch(
			/<field type="text-single" var="vapid-public-key" label="[^"]+"><value>BKEY<\/value><\/field>/,
		);
	});

	test("is not in answers that an older app server's clients hand on", async () => {
		const { form, answer } = await answered(
			"register-push-mozilla",
			"https://updates.push.services.mozilla.com/wpush/v2/k",
		);
		expect(form).toContain("BKEY");
		expect(answer).not.toContain("BKEY");
	});

	test("is of no use to other services' devices", async () => {
		const { form, answer } = await answered("register-push-fcm", "token");
		expect(form + answer).not.toContain("BKEY");
	});
});
