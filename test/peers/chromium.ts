/** A real, headless Chromium. It reaches no push service without Google's servers. */
import { join } from "node:path";
import puppeteer, { type Page } from "puppeteer-core";
import { temporaryFolder } from "./folder.ts";
import { guard } from "./guard.ts";
import { MissingPeer } from "./missing-peer.ts";
import { endFamily, familyOf } from "./process-table.ts";

export interface Chromium {
	readonly page: Page;
	readonly version: string;
	/** Pages of this origin may show notifications. */
	allowNotifications(origin: string): Promise<void>;
	/** Ends the browser and deletes its profile. */
	close(): Promise<void>;
}

/** @throws {MissingPeer} when none is installed */
export async function startChromium(): Promise<Chromium> {
	const executablePath = findChromium();
	const folder = temporaryFolder("chromium");
	const browser = await puppeteer.launch({
		executablePath,
		handleSIGINT: false,
		handleSIGTERM: false,
		handleSIGHUP: false,
		headless: true,
		userDataDir: join(folder.path, "profile"),
		env: { ...process.env, HOME: folder.path, XDG_CACHE_HOME: folder.path, XDG_CONFIG_HOME: folder.path },
		// As root it has no sandbox of its own.
		args: process.getuid?.() === 0 ? ["--no-sandbox", "--disable-dev-shm-usage"] : [],
	});
	const pid = browser.process()?.pid ?? 0;
	const unguard = guard(pid);
	const [first] = await browser.pages();
	return {
		page: first ?? (await browser.newPage()),
		version: await browser.version(),
		allowNotifications: (origin) =>
			browser.defaultBrowserContext().overridePermissions(origin, ["notifications"]),
		async close() {
			const family = familyOf(pid);
			await browser.close();
			await endFamily(family);
			unguard();
			folder.remove();
		},
	};
}

/** The program's path. @throws {MissingPeer} when it is not installed */
export function findChromium(): string {
	const program = Bun.which("chromium") ?? Bun.which("chromium-browser") ?? Bun.which("google-chrome");
	if (program === null) throw new MissingPeer("Chromium", ["chromium"]);
	return program;
}
