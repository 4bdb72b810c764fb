/** What a visitor does and reads where something stands in the way. */
import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import type { PageFault } from "../../../src/web/page/page-fault.ts";
import { sentencesOf } from "../../../src/web/page/parts/fault-text.tsx";
import { en } from "../../../src/web/page/texts/en.ts";
import type { Scene } from "../scene.ts";
import type { Visitor } from "./visitor.ts";

const AXE = readFileSync(new URL("../../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** That the page says both sentences of this fault, and that its screen has no fault of its own. */
export async function hears(visitor: Visitor, fault: PageFault) {
	for (const sentence of sentencesOf(en, fault)) await visitor.untilSaid(sentence);
	await looks(visitor, fault.kind);
}

/** axe-core finds nothing, and nothing hangs over the edge of a small window. */
export async function looks({ page, picture }: Visitor, name: string) {
	await picture(name);
	await page.setViewport({ width: 360, height: 800 });
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
	// As a script of the page's it would be blocked by the page's policy.
	await page.evaluate(AXE);
	const found = await page.evaluate(async () => {
		const { axe } = globalThis as unknown as {
			axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
		};
		const { violations } = await axe.run();
		return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
	});
	expect(found).toEqual([]);
}

/** @param who a JID and a password; t: what the page is read in */
export async function signIn(
	visitor: Visitor,
	url: string,
	who = { jid: "bob@example.org", password: "secret" },
	t = en,
) {
	await visitor.open(url, "#/set-up");
	await visitor.untilHeading(t.signIn.title);
	await visitor.type(t.signIn.jid, who.jid);
	await visitor.type(t.signIn.password, who.password);
	await visitor.click(t.signIn.go);
}

export async function typeAddress(visitor: Visitor, address: string, t = en) {
	await visitor.untilHeading(t.address.title);
	await visitor.type(t.address.label, address);
	await visitor.click(t.address.go);
}

/** Up to the tap that lets the page show notifications. */
export async function signedIn(visitor: Visitor, { reveille, server }: Pick<Scene, "reveille" | "server">) {
	await signIn(visitor, reveille.url);
	await typeAddress(visitor, server.websocketUrl);
	await visitor.untilHeading(en.allow.title);
}

/** Signs in, says where the server is, allows, and waits for the test push. @param who its server is a WebSocket URL */
export async function setUp(
	visitor: Visitor,
	url: string,
	who: { jid: string; password: string; server: string },
) {
	await signIn(visitor, url, who);
	await typeAddress(visitor, who.server);
	await visitor.untilHeading(en.allow.title);
	await visitor.click(en.allow.go);
	await visitor.untilHeading(en.test.doneTitle);
}
