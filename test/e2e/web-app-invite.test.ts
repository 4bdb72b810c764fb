/** People whom XMPP_ALLOW does not let in are let in by an invite, clicked through in a real Firefox. */
import { Database } from "bun:sqlite";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { en } from "../../src/web/page/texts/en.ts";
import { openScene, type Scene } from "./scene.ts";
import { allow, enterInvite, makeInvite, typeInvite } from "./web-app/inviting.ts";
import { looks, signIn } from "./web-app/reading.ts";
import { type FirefoxVisitor, startVisitor } from "./web-app/visitor.ts";

/** Would run, as HTML. */
const HOSTILE = `<img src="x" onerror="alert('got in')">`;

let scene: Scene;
let who: { jid: string; password: string };
beforeAll(async () => {
	scene = await openScene("prosody", {
		settings: { XMPP_ALLOW: "elsewhere.example", PUSH_INTERVAL_MS: "0" },
	});
	who = { jid: `bob@${scene.server.host}`, password: "secret" };
}, 90_000);
afterAll(() => scene?.stop(), 60_000);

const visitors: FirefoxVisitor[] = [];
afterEach(async () => {
	for (const visitor of visitors.splice(0)) await visitor.close();
}, 60_000);
async function arrive(): Promise<FirefoxVisitor> {
	const visitor = await startVisitor({ pushServerUrl: scene.endpoint.browserUrl });
	visitors.push(visitor);
	return visitor;
}

async function typeSignIn(visitor: FirefoxVisitor) {
	await visitor.untilHeading(en.signIn.title);
	await visitor.type(en.signIn.jid, who.jid);
	await visitor.type(en.signIn.password, who.password);
	await visitor.click(en.signIn.go);
}

/** Its days go by. */
function endNow(id: string) {
	const database = new Database(join(scene.reveille.dataFolder, "reveille.db"));
	database.run("UPDATE invites SET ends_at = 1 WHERE id = ?", [id]);
	database.close();
}

test("by its link: the secret is gone from the address bar, and the device says which invite let it in", async () => {
	const { link } = await makeInvite(scene.reveille, "--name", HOSTILE);
	const visitor = await arrive();
	await visitor.page.goto(link);
	await visitor.untilHeading(en.signIn.title);
	await visitor.untilSaid(en.invite.there(new URL(scene.reveille.url).host));
	await looks(visitor, "invite-link");
	expect(visitor.page.url()).toBe(`${scene.reveille.url}/app/#/set-up`);
	expect(await visitor.page.evaluate(() => history.length)).toBeLessThanOrEqual(2);
	await typeSignIn(visitor);
	await allow(visitor, scene);
	await visitor.untilHeading(en.test.doneTitle);
	await visitor.click(en.test.devices);
	await visitor.untilHeading(en.devices.title);
	const [kept] = await visitor.devices();
	await visitor.click(kept?.name ?? "");
	await visitor.untilSaid(en.device.invite);
	await visitor.untilSaid(HOSTILE);
	expect(await visitor.page.$$("main img")).toEqual([]);
	await looks(visitor, "invite-device");
	const secret = link.split("#invite=")[1] ?? "";
	expect(secret).toMatch(/^[\w-]{22}$/);
	expect(scene.reveille.log()).not.toContain(secret);
}, 120_000);

describe("by its code", () => {
	test("where the page asks for it, after one that is none, one for somebody else, one that was revoked", async () => {
		const visitor = await arrive();
		await signIn(visitor, scene.reveille.url, who);
		await allow(visitor, scene);
		await visitor.untilHeading(en.invite.title);
		await looks(visitor, "invite-needed");
		const revoked = await makeInvite(scene.reveille);
		await typeInvite(scene.reveille, "revoke", revoked.id);
		const over = await makeInvite(scene.reveille);
		endNow(over.id);
		const ofOthers = await makeInvite(scene.reveille, "--for", "juliet@example.net");
		for (const [invite, said] of [
			["0000-0000-0000", "There is no such invite"],
			[ofOthers.code, "for another address than yours"],
			[revoked.code, "was taken back"],
			[over.code, "The time of this invite is over"],
		] as const) {
			await enterInvite(visitor, invite);
			await visitor.untilSaid(said);
		}
		await looks(visitor, "invite-wrong");
		const own = await makeInvite(scene.reveille, "--for", who.jid);
		await enterInvite(visitor, own.code.toLowerCase().replaceAll("-", " "));
		await visitor.untilHeading(en.test.doneTitle);
	}, 120_000);

	test("two browsers at once want its only use: one is let in, and the other is told", async () => {
		const { code } = await makeInvite(scene.reveille, "--for", scene.server.host);
		const both = await Promise.all([arrive(), arrive()]);
		for (const visitor of both) {
			await signIn(visitor, scene.reveille.url, who);
			await allow(visitor, scene);
			await visitor.untilHeading(en.invite.title);
			await visitor.type(en.invite.label, code);
		}
		await Promise.all(both.map((visitor) => visitor.click(en.invite.go)));
		const ends = await Promise.all(
			both.map((visitor) =>
				Promise.any([
					visitor.untilHeading(en.test.doneTitle).then(() => "in"),
					visitor.untilSaid("was used as often as it may be").then(() => "out"),
				]),
			),
		);
		expect(ends.sort()).toEqual(["in", "out"]);
		const list = JSON.parse(await typeInvite(scene.reveille, "list", "--json"));
		expect(list.find((one: { onlyFor?: string }) => one.onlyFor === scene.server.host)).toMatchObject({
			used: 1,
			state: "used up",
		});
	}, 150_000);
});

test("what the command prints is for people: a link and a code; of a link to this machine alone there is no picture", async () => {
	const said = await typeInvite(scene.reveille, "--name", "Family", "--uses", "3", "--days", "30");
	expect(said).toMatch(
		/^Invite [0-9a-f]{8} \(Family\): lets in 3 devices until \d{4}-\d\d-\d\d \d\d:\d\d UTC\.\n/,
	);
	expect(said).toContain("It is not shown again.");
	expect(said).toMatch(/\nhttp:\/\/127\.0\.0\.1:\d+\/app\/#invite=[\w-]{22}\n/);
	expect(said).toMatch(/\nCode: [0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\n/);
	expect(said).not.toMatch(/[▀▄█]/);
	const list = await typeInvite(scene.reveille, "list");
	expect(list).toMatch(/^ID +STATE +USED +ENDS +FOR +NAME\n/);
	expect(list).toMatch(/\n[0-9a-f]{8} +good +0 of 3 .* anybody +Family\n/);
}, 60_000);

test.each([
	[["--uses", "0"], "--uses must be a number from 1 to 10000"],
	[["--days", "x"], "--days must be a number from 1 to 365"],
	[["--for", "a b@example.net"], "--for must be an account"],
	[["--name", "x".repeat(101)], "--name may have 100 characters"],
	[["revoke"], "ID is missing."],
	[["--for", "not_an_address!!"], "--for must be an account"],
	[["revoke", "none"], "there is none, or it was revoked already"],
	[["--frob"], "There is no option --frob."],
])(
	"%p is refused, and says how it is typed",
	async (args, said) => {
		await expect(typeInvite(scene.reveille, ...args)).rejects.toThrow(said);
	},
	30_000,
);
