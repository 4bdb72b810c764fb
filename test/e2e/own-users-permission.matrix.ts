/** Own users whose server takes the permission away, or loses them, and a Reveille that is killed: nobody is left half done. */
import { expect, test } from "bun:test";
import { xml } from "@xmpp/client";
import { COMPONENT, type OwnDevice, permit, usePermittingProsody } from "./own-users.ts";

const scene = usePermittingProsody({
	modules: ["user_account_management"],
	users: ["romeo", "tybalt", "paris"],
});

const address = ({ body: { node } }: OwnDevice) => ({ jid: COMPONENT.domain, node });
const api = (method: string, { body: { node, deviceSecret } }: OwnDevice, body?: unknown) =>
	scene().reveille.api(method, `/registrations/${node}`, deviceSecret, body);
const stateOf = async (device: OwnDevice) => (await (await api("GET", device)).json()).enabling.state;

/** Without the permission, and known to be without it. */
async function withoutPermission(): Promise<void> {
	await permit(scene().server, false);
	await scene().reveille.untilReady();
	await scene().reveille.untilLogged("does not give push.example.org the permission");
}

test("the permission is taken away and given back, and Reveille is killed meanwhile", async () => {
	const before = await scene().register({ jid: "romeo@example.org" });
	const other = await scene().register({ jid: "romeo@example.org" });
	expect([before.body.enabling.state, other.body.enabling.state]).toEqual(["enabled", "enabled"]);
	await withoutPermission();
	const meanwhile = await scene().register({ jid: "romeo@example.org" });
	expect(meanwhile.body.enabling).toEqual({
		account: "romeo@example.org",
		state: "waiting",
		reason: "example.org does not give the permission (XEP-0356)",
	});
	const ended = await api("DELETE", before);
	expect((await ended.json()).enabling.state).toBe("waiting");
	expect(await scene().server.pushEnabled("romeo")).toHaveLength(2);

	await scene().reveille.kill9();
	await permit(scene().server, true);
	await scene().reveille.start();
	const wished = JSON.stringify([address(other), address(meanwhile)].toSorted(byNode));
	await scene().server.untilPushEnabled(
		"romeo",
		(now) => JSON.stringify(now.toSorted(byNode)) === wished,
		30_000,
	);
	expect([await stateOf(other), await stateOf(meanwhile)]).toEqual(["enabled", "enabled"]);
}, 120_000);

const byNode = (one: { node: string }, other: { node: string }) => one.node.localeCompare(other.node);

test("an account is deleted, and somebody else gets its name: the old device is not enabled for him", async () => {
	const old = await scene().register({ jid: "tybalt@example.org" });
	expect(old.body.enabling.state).toBe("enabled");
	await scene()
		.login("tybalt")
		.then((tybalt) =>
			tybalt.iq("set", xml("query", { xmlns: "jabber:iq:register" }, xml("remove"))).catch(() => {}),
		);
	await scene().server.untilPushEnabled("tybalt", (now) => now.length === 0);
	const refused = await scene().register({ jid: "tybalt@example.org" });
	expect(refused.body.enabling.state).toBe("refused");

	await scene().server.addUser("tybalt", "secret");
	for (const device of [old, refused]) await api("PUT", device, { subscription: device.device.subscription });
	await permit(scene().server, true);
	await scene().reveille.untilReady();
	expect(await stateOf(refused)).toBe("refused");
	expect(await scene().server.pushEnabled("tybalt")).toEqual([]);
	// His own backend vouches for his own device.
	const his = await scene().register({ jid: "tybalt@example.org" });
	expect(await scene().server.pushEnabled("tybalt")).toEqual([address(his)]);
	const ended = await api("DELETE", old);
	expect((await ended.json()).enabling.state).toBe("disabled");
}, 120_000);

test("a registration of a deleted account ends without a word to anybody", async () => {
	const his = await scene().register({ jid: "paris@example.org" });
	await scene()
		.login("paris")
		.then((paris) =>
			paris.iq("set", xml("query", { xmlns: "jabber:iq:register" }, xml("remove"))).catch(() => {}),
		);
	await scene().server.untilPushEnabled("paris", (now) => now.length === 0);
	const ended = await api("DELETE", his);
	expect([ended.status, (await ended.json()).enabling.state]).toEqual([200, "disabled"]);
}, 60_000);
