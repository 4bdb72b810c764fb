/** Push is enabled for one's own users at a real Prosody, without a line of XMPP in the app. */
import { expect, test } from "bun:test";
import { COMPONENT, devicesOf, endDevice, usePermittingProsody } from "./own-users.ts";

const scene = usePermittingProsody({ users: ["alice", "romeo", "juliet"] });

const enabled = (account: string) => ({ account, state: "enabled" });

test("a JWT, a registration over HTTP, a message, a push; and the end, which the server is told", async () => {
	const { device, status, body } = await scene().register({ jid: "romeo@example.org" });
	expect([status, body.jid, body.enabling]).toEqual([201, COMPONENT.domain, enabled("romeo@example.org")]);
	expect(await scene().server.pushEnabled("romeo")).toEqual([{ jid: COMPONENT.domain, node: body.node }]);

	const alice = await scene().login("alice");
	await alice.sendMessage("romeo@example.org", "Wherefore art thou?");
	const push = await scene().endpoint.waitForPush();
	expect(JSON.parse(device.decryptText(push.body))).toMatchObject({ node: body.node, class: "high" });

	const { node, deviceSecret } = body;
	const shown = await scene().reveille.api("GET", `/registrations/${node}`, deviceSecret);
	expect(await shown.json()).toMatchObject({ enabling: enabled("romeo@example.org") });
	const renewed = await scene().reveille.api("PUT", `/registrations/${node}`, deviceSecret, {
		subscription: device.subscription,
	});
	expect(await renewed.json()).toMatchObject({ node, enabling: enabled("romeo@example.org") });

	const ended = await scene().reveille.api("DELETE", `/registrations/${node}`, deviceSecret);
	expect([ended.status, await ended.json()]).toEqual([
		200,
		{ enabling: { account: "romeo@example.org", state: "disabled" } },
	]);
	expect(await scene().server.pushEnabled("romeo")).toEqual([]);
}, 60_000);

test("a device that asks again gets the same registration, and other devices of its user stay", async () => {
	const first = await scene().register({ jid: "juliet@example.org" });
	const again = await scene().reveille.api(
		"POST",
		"/registrations",
		await scene().jwt({ jid: "juliet@example.org" }),
		{
			subscription: first.device.subscription,
		},
	);
	expect(await again.json()).toEqual(first.body);
	const other = await scene().register({ jid: "JULIET@Example.org" });
	expect(other.body.enabling).toEqual(enabled("juliet@example.org"));
	const address = (node: string) => ({ jid: COMPONENT.domain, node });
	expect(await scene().server.pushEnabled("juliet")).toHaveLength(2);
	await scene().reveille.api("DELETE", `/registrations/${first.body.node}`, first.body.deviceSecret);
	expect(await scene().server.pushEnabled("juliet")).toEqual([address(other.body.node)]);

	// The web app's list has it, and ends it.
	const juliet = await scene().login("juliet");
	expect(await devicesOf(juliet)).toEqual([""]);
	await endDevice(juliet, other.body.node);
	await scene().server.untilPushEnabled("juliet", (now) => now.length === 0, 15_000);
}, 60_000);

test("nothing is sent for a user of an unlisted domain, a full JID, sub alone, or what is no JID", async () => {
	for (const jid of [
		"carol@example.com",
		"romeo@example.org/balcony",
		"romeo",
		"",
		7,
		["romeo@example.org"],
		"ro\u00dfeo@example.org",
	]) {
		const { status, body } = await scene().register({ jid });
		expect([jid, status, body.title]).toEqual([jid, 401, "A registration token is needed"]);
	}
	const alone = await scene().register({ sub: "romeo@example.org" });
	expect([alone.status, alone.body.enabling]).toEqual([201, undefined]);
	for (const name of ["romeo", "carol@example.com"])
		expect(await scene().server.pushEnabled(name)).toEqual([]);
}, 60_000);

test("a user that is not there is refused, and what the row says stays true", async () => {
	const { status, body } = await scene().register({ jid: "nobody@example.org" });
	expect([status, body.enabling.state]).toEqual([201, "refused"]);
	expect(body.enabling.reason).toContain("local user");
	const shown = await scene().reveille.api("GET", `/registrations/${body.node}`, body.deviceSecret);
	expect((await shown.json()).enabling).toEqual(body.enabling);
}, 60_000);
