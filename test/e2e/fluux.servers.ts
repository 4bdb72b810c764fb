/**
 * Fluux Messenger's Web Push at a Prosody 13 with mod_delegation and mod_privilege: its own requests in its order, and a
 * push as its service worker reads it. Debian 12's Prosody has no mod_delegation.
 */
import { expect, test } from "bun:test";
import { xml } from "@xmpp/client";
import type { Element } from "@xmpp/xml";
import type { User } from "../peers/user.ts";
import type { WebPushDevice } from "../peers/web-push-device.ts";
import { COMPONENT, devicesOf, endDevice, permit, usePermittingProsody } from "./own-users.ts";

const DELEGATED = ["p1:push", "p1:push:webpush"];
const DELEGATIONS = `delegations = { ${DELEGATED.map((name) => `["${name}"] = { jid = "${COMPONENT.domain}" }`).join(", ")} }
push_notification_with_body = true
push_notification_with_sender = true`;

const scene = usePermittingProsody({
	hostConfig: DELEGATIONS,
	modules: ["delegation"],
	users: ["alice", "romeo", "mercutio"],
});

/** As `ArrayBuffer`s are written by it: base64 with padding. */
const base64 = (url: string) => Buffer.from(url, "base64url").toString("base64");
const idOf = ({ subscription: { endpoint, keys } }: WebPushDevice) =>
	`${endpoint}#${base64(keys?.p256dh ?? "")}#${base64(keys?.auth ?? "")}`;

/** What its disco#info of the server says. */
async function featuresOf(user: User): Promise<string[]> {
	const answer = await user.iq(
		"get",
		xml("query", { xmlns: "http://jabber.org/protocol/disco#info" }),
		scene().server.host,
	);
	return (
		answer
			.getChild("query")
			?.getChildren("feature")
			.map(({ attrs }) => attrs.var) ?? []
	);
}

const services = async (user: User): Promise<Element[]> =>
	(await user.iq("get", xml("services", { xmlns: "p1:push:webpush" })))
		.getChild("services", "p1:push:webpush")
		?.getChildren("service") ?? [];

const registering = (id: string, appid: string) =>
	xml(
		"push",
		{ xmlns: "p1:push" },
		xml("body", { send: "all", groupchat: "true", from: "name" }),
		xml("offline", {}, "true"),
		xml("notification", {}, xml("type", {}, "webpush"), xml("id", {}, id)),
		xml("appid", {}, appid),
	);

const disabling = (id: string, appid: string) =>
	xml(
		"disable",
		{ xmlns: "p1:push" },
		xml("appid", {}, appid),
		xml("notification", {}, xml("type", {}, "webpush"), xml("id", {}, id)),
	);

test("its requests in its order, a message, and the push that its service worker shows", async () => {
	const romeo = await scene().login("romeo");
	// Prosody asks for it when the component comes.
	while (!(await featuresOf(romeo)).includes("p1:push:webpush")) await Bun.sleep(10);
	const [service] = await services(romeo);
	const { vapid, appid } = service?.attrs ?? {};
	expect([vapid, appid]).toEqual([await scene().reveille.vapidPublicKey(), "webpush"]);

	const device = await scene().device();
	const registered = await romeo.iq("set", registering(idOf(device), appid));
	expect(registered.getChildElements()).toEqual([]);
	const [first] = await scene().server.pushEnabled("romeo");
	expect(first?.jid).toBe(COMPONENT.domain);
	// It does so at each fresh session.
	await romeo.iq("set", registering(idOf(device), appid));
	expect(await scene().server.pushEnabled("romeo")).toEqual(first ? [first] : []);

	await romeo.online();
	await romeo.goOffline();
	const alice = await scene().login("alice");
	await alice.sendMessage("romeo@example.org", "Wherefore art thou?");
	const push = await scene().endpoint.waitForPush();
	expect(JSON.parse(device.decryptText(push.body))).toEqual({
		body: "Wherefore art thou?",
		from: "alice@example.org",
		type: "conversation",
	});

	const again = await scene().login("romeo");
	await again.iq("set", disabling(idOf(device), appid));
	expect(await scene().server.pushEnabled("romeo")).toEqual([]);
	// What is off is off.
	await again.iq("set", disabling(idOf(device), appid));
}, 60_000);

test("it stands among its user's devices beside one that came over HTTP, and is ended from there", async () => {
	const mercutio = await scene().login("mercutio");
	await mercutio.iq("set", registering(idOf(await scene().device()), "webpush"));
	const { body } = await scene().register({ jid: "mercutio@example.org" });
	expect(await devicesOf(mercutio)).toEqual(["", "Fluux Messenger"]);
	await endDevice(mercutio, body.node);
	await scene().server.untilPushEnabled(
		"mercutio",
		(now) => now.length === 1 && now[0]?.node !== body.node,
		15_000,
	);
}, 60_000);

test("nobody else's requests are served: another user's, an unlisted domain's, a stranger's by hand", async () => {
	const mercutio = await scene().login("mercutio");
	const device = await scene().device();
	const toOther = mercutio.iq("set", registering(idOf(device), "webpush"), "romeo@example.org");
	await expect(toOther).rejects.toThrow("service-unavailable");
	const carol = await scene().login("carol@example.com");
	await expect(services(carol)).rejects.toThrow("service-unavailable");
	const byHand = xml(
		"delegation",
		{ xmlns: "urn:xmpp:delegation:2" },
		xml(
			"forwarded",
			{ xmlns: "urn:xmpp:forward:0" },
			xml(
				"iq",
				{ xmlns: "jabber:client", type: "set", id: "1", from: "romeo@example.org/x" },
				registering(idOf(device), "webpush"),
			),
		),
	);
	await expect(mercutio.iq("set", byHand, COMPONENT.domain)).rejects.toThrow("bad-request");
	expect(await scene().server.pushEnabled("romeo")).toEqual([]);
}, 60_000);

test("bad requests get an error that says what to do", async () => {
	const romeo = await scene().login("romeo");
	const id = idOf(await scene().device());
	for (const [request, said] of [
		[registering(id, "another"), "There is no such appid here"],
		[registering("https://push.example/1", "webpush"), "must be endpoint, p256dh and auth"],
		[registering(`${id}${"x".repeat(2000)}`, "webpush"), "has more than"],
		[xml("unknown", { xmlns: "p1:push" }), "services, push and disable"],
	] as const) {
		await expect(romeo.iq("set", request)).rejects.toThrow(said);
	}
	expect(await scene().server.pushEnabled("romeo")).toEqual([]);
}, 60_000);

test("without the permission it is told so, and enabled once the permission is there", async () => {
	await permit(scene().server, false);
	await scene().reveille.untilReady();
	const romeo = await scene().login("romeo");
	const device = await scene().device();
	await expect(romeo.iq("set", registering(idOf(device), "webpush"))).rejects.toThrow(
		"does not give the permission",
	);
	expect(await scene().server.pushEnabled("romeo")).toEqual([]);
	await permit(scene().server, true);
	await scene().server.untilPushEnabled("romeo", (now) => now.length === 1, 30_000);
}, 120_000);
