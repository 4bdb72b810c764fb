/** The console in Chromium by the keyboard alone, whose keys press buttons too. */
import { afterAll, beforeAll, test } from "bun:test";
import type { Page } from "puppeteer-core";
import { type Chromium, startChromium } from "../peers/chromium.ts";
import { endsByKeyboard, walksByMenu } from "./console/by-keyboard.ts";
import { type DoubleServer, startDoubleServer } from "./console/double-server.ts";

let server: DoubleServer;
let chromium: Chromium;
beforeAll(async () => {
	[server, chromium] = await Promise.all([startDoubleServer(), startChromium()]);
}, 60_000);
afterAll(async () => {
	await chromium?.close();
	await server?.close();
}, 60_000);

const space = (page: Page) => page.keyboard.press(" ");
const enter = (page: Page) => page.keyboard.press("Enter");

test(
	"an operator signs in, looks for somebody, and ends a registration",
	() => endsByKeyboard(chromium.page, server, space),
	90_000,
);

test("with Enter as well", () => endsByKeyboard(chromium.page, server, enter), 90_000);

test(
	"the menu of a narrow window opens and shuts, and goes away with another page",
	() => walksByMenu(chromium.page, server, enter),
	60_000,
);
