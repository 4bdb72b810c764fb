/** mod_push's dialect, as its clients send it and as they read the answers. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { subscription } from "../../routes/server.ts";
import {
	APNS_BASE64,
	APNS_HEX,
	badField,
	command,
	completed,
	error,
	FCM,
	type House,
	JULIET,
	openHouse,
	PUSH,
	submit,
} from "./house.ts";

let house: House;
beforeEach(async () => {
	house = await openHouse();
});
afterEach(() => house.close());

const X = "jabber:x:data";
const registered = (jid: string, node: string, secret: string) =>
	`<x xmlns="${X}" type="result"><field var="jid"><value>${jid}</value></field>` +
	`<field var="node"><value>${node}</value></field><field var="secret"><value>${secret}</value></field></x>`;

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
		const answer = await house.reply(STANZA);
		const { node } = await house.only();
		const secret = await house.keyring.secretOf(node);
		expect(answer).toBe(
			`<iq type="result" id="exec1" to="${JULIET}" from="push.example.net">` +
				`${completed("register-push-apns", registered("push.example.net", node, secret))}</iq>`,
		);
	});

	test("keeps the token in hexadecimal, the resource as the device, and what was written to", async () => {
		await house.reply(STANZA);
		expect(await house.only()).toMatchObject({
			...{ owner: "juliet@example.org", app: "apns", device: "balcony", deviceName: "Home" },
			...{ token: APNS_HEX, jid: "push.example.net", dialect: "mod_push" },
		});
	});

	test("takes the token for base64 even if it looks like hexadecimal: the command says so", async () => {
		const token = "abcdef0123456789";
		await house.ask(command("register-push-apns", submit({ token, "device-name": "Home" })));
		expect((await house.only()).token).toBe(Buffer.from(token, "base64").toString("hex"));
	});

	test("allows blanks and line breaks in the token, as base64 has them", async () => {
		const token = `\n ${APNS_BASE64.slice(0, 20)}\n${APNS_BASE64.slice(20)} `;
		await house.ask(command("register-push-apns", submit({ token })));
		expect((await house.only()).token).toBe(APNS_HEX);
	});

	test("says what is wrong with a token that is no base64, and changes nothing", async () => {
		expect(await house.ask(command("register-push-apns", submit({ token: "*" })))).toBe(
			badField("The token must be base64 of the binary device token."),
		);
		expect(await house.count()).toBe(0);
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
		["unifiedpush", { token: endpoint }, { app: "webpush", token: endpoint }],
		[
			"ubuntu",
			{ token: "ubuntu-token", "application-id": "com.example_app" },
			{ app: "ubuntu", token: "ubuntu-token", applicationId: "com.example_app" },
		],
		["wns", { token: encodeURIComponent(channel) }, { app: "wns", token: channel }],
		["wns", { token: channel }, { app: "wns", token: channel }],
	] as const)("%s registers: %#", async (name, fields, kept) => {
		const answer = await house.ask(
			command(`register-push-${name}`, submit({ ...fields, "device-id": "D1", "device-name": "Phone" })),
		);
		const registration = await house.only();
		const { node } = registration;
		expect(registration).toMatchObject({ ...kept, device: "D1", deviceName: "Phone", dialect: "mod_push" });
		expect(answer).toBe(
			completed(`register-push-${name}`, registered(PUSH, node, await house.keyring.secretOf(node))),
		);
	});

	test.each([
		["webpush", {}, "The field token is missing: fill it in."],
		["webpush", { token: " " }, "The field token is missing: fill it in."],
		["webpush", { token: "http://push.example/1" }, "The endpoint must be an https URL."],
		["webpush", { token: endpoint, auth: "x" }, "p256dh and auth come together: give both or neither."],
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
		expect(await house.ask(command(`register-push-${name}`, submit(fields as Record<string, string>)))).toBe(
			badField(text),
		);
		expect(await house.count()).toBe(0);
	});

	test("from a bare JID needs a device-id", async () => {
		const form = submit({ token: endpoint });
		expect(await house.ask(command("register-push-webpush", form), { from: "juliet@example.org" })).toBe(
			badField("The field device-id is missing: send it, or from a full JID."),
		);
	});

	test("of the same device renews: the same node and secret for another token", async () => {
		const first = await house.ask(command("register-push-webpush", submit({ token: endpoint })));
		const second = await house.ask(command("register-push-webpush", submit({ token: `${endpoint}2` })));
		expect(second).toBe(first);
		expect((await house.only()).token).toBe(`${endpoint}2`);
	});

	test("of a device whose app is retired since stays with that app", async () => {
		await house.ask(command("register-push-gcm", submit({ token: "t" })));
		const { node } = await house.only();
		const later = await openHouse({
			apps: [
				{ ...FCM, retired: true },
				{ ...FCM, name: "listed" },
			],
			database: house,
		});
		await later.ask(command("register-push-gcm", submit({ token: "t2" })));
		await later.ask(command("register-push-gcm", submit({ token: "t3", "device-id": "new" })));
		const all = await house.registrations.ofOwner("juliet@example.org");
		expect(all.map(({ app, token }) => [app, token])).toEqual([
			["fcm", "t2"],
			["listed", "t3"],
		]);
		expect(all[0]?.node).toBe(node);
		await later.ask(command("unregister-push"));
		expect((await house.only()).app).toBe("listed");
	});

	test("of another owner's device with the same id is a registration of its own", async () => {
		await house.ask(command("register-push-webpush", submit({ token: endpoint, "device-id": "D" })));
		await house.ask(command("register-push-webpush", submit({ token: endpoint, "device-id": "D" })), {
			from: "romeo@example.org/orchard",
		});
		expect(await house.count()).toBe(2);
	});
});

describe("list-push-registrations", () => {
	test("has no form when there are none", async () => {
		expect(await house.ask(command("list-push-registrations"))).toBe(completed("list-push-registrations"));
	});

	test("has an item for each of the sender's own, with the name if there is one, and the node", async () => {
		const register = (fields: Record<string, string>, from = JULIET) =>
			house.ask(command("register-push-gcm", submit({ token: "t", ...fields })), { from });
		await register({ "device-id": "1", "device-name": "Home" });
		await register({ "device-id": "2" });
		await register({ "device-id": "3" }, "romeo@example.org/orchard");
		const [one, two] = await house.registrations.ofOwner("juliet@example.org");
		expect(await house.ask(command("list-push-registrations"), { from: "juliet@example.org/other" })).toBe(
			completed(
				"list-push-registrations",
				`<x xmlns="${X}" type="result">` +
					`<item><field var="device-name"><value>Home</value></field>` +
					`<field var="node"><value>${one?.node}</value></field></item>` +
					`<item><field var="node"><value>${two?.node}</value></field></item></x>`,
			),
		);
	});
});

describe("unregister-push", () => {
	const register = async (device: string, from = JULIET) => {
		await house.ask(command("register-push-gcm", submit({ token: "t", "device-id": device })), { from });
		const all = await house.registrations.ofOwner(from.split("/")[0] ?? "");
		return all.find((registration) => registration.device === device)?.node ?? "";
	};
	const NOTHING = error(
		"cancel",
		"item-not-found",
		"You have no such registration here: list-push-registrations lists those that you have.",
	);

	test("with nodes ends those, whatever the device, and lists them", async () => {
		const nodes = [await register("1"), await register("2"), await register("balcony")];
		const form = submit({ nodes: [nodes[0] ?? "", nodes[1] ?? "", "unheard-of"], "device-id": "balcony" });
		expect(await house.ask(command("unregister-push", form))).toBe(
			completed(
				"unregister-push",
				`<x xmlns="${X}" type="result"><field type="list-multi" var="nodes">` +
					`<value>${nodes[0]}</value><value>${nodes[1]}</value></field></x>`,
			),
		);
		expect((await house.only()).device).toBe("balcony");
		expect(house.gone.map(({ node }) => node)).toEqual(nodes.slice(0, 2));
	});

	test("with a device-id ends that one, without a form", async () => {
		await register("1");
		await register("2");
		expect(await house.ask(command("unregister-push", submit({ "device-id": "2" })))).toBe(
			completed("unregister-push"),
		);
		expect((await house.only()).device).toBe("1");
	});

	test("without anything runs at once and ends the resource's", async () => {
		await register("balcony");
		await register("other");
		expect(await house.ask(command("unregister-push"))).toBe(completed("unregister-push"));
		expect((await house.only()).device).toBe("other");
	});

	test("tells the owner's server of what ended", async () => {
		const node = await register("balcony");
		await house.ask(command("unregister-push"));
		expect(house.gone).toMatchObject([{ node, owner: "juliet@example.org", jid: PUSH }]);
	});

	test.each([["device-id"], ["nodes"]])("finds nothing of others by %s", async (field) => {
		const node = await register("orchard", "romeo@example.org/orchard");
		const form = submit({ [field]: field === "nodes" ? node : "orchard" });
		expect(await house.ask(command("unregister-push", form))).toBe(NOTHING);
		expect(await house.count()).toBe(1);
		expect(house.gone).toEqual([]);
	});

	test("is answered by item-not-found when nothing matches", async () => {
		expect(await house.ask(command("unregister-push"))).toBe(NOTHING);
	});
});
