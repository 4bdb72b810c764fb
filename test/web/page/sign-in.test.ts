import { afterAll, expect, test } from "bun:test";
import { openDom } from "./dom.ts";
import { ACCOUNT, fakeEffects, PASSWORD } from "./fakes.ts";

const dom = openDom();
afterAll(dom.close);

test("signs in", async () => {
	const d = await dom.draw(fakeEffects());
	expect(d.text()).toContain("Be woken by your messages");
	d.type("#jid", ACCOUNT);
	d.type("#pw", PASSWORD);
	await d.send();
	await d.until("Allow notifications");
	await d.send();
	await d.until("on its way");
});
