/** @jsxImportSource preact */
/** The page of the web app: what the browser loads, put together. */
import { render } from "preact";
import { windowClock } from "../clock.ts";
import type { Devices } from "../devices.ts";
import { createKit } from "../kit/create-kit.ts";
import { openDevices } from "../store/devices-store.ts";
import { App } from "./app.tsx";
import { type AddressBar, createPage } from "./create-page.ts";
import { takeInvite } from "./invite-link.ts";
import { PageProvider } from "./page.ts";
import { readSettings } from "./read-settings.ts";
import { browserOf } from "./window-browser.ts";

const address: AddressBar = {
	hash: () => location.hash,
	push: (hash) => history.pushState(null, "", hash),
	replace: (hash) => history.replaceState(null, "", hash),
	onChange: (listener) => window.addEventListener("popstate", listener),
};
// Before anything else is done.
const invite = takeInvite(address);

const root = document.getElementById("app");
const base = new URL("..", document.baseURI).href.replace(/\/$/, "");
const browser = browserOf(window, new URL("sw.js", document.baseURI).href);

/** The store; nothing where this browser keeps none. */
async function usableDevices(): Promise<Devices | undefined> {
	try {
		return await openDevices({ indexedDB, now: windowClock.now });
	} catch {
		return;
	}
}

async function open(root: Element): Promise<void> {
	const ask = fetch.bind(window);
	const [settings, devices] = await Promise.all([
		readSettings(ask, new URL("settings.json", document.baseURI).href),
		usableDevices(),
	]);
	const kit = createKit({ fetch: ask, isHttp: !browser.https });
	const page = createPage({
		kit,
		api: kit.deviceApi(base),
		registration: kit.openRegistration(base),
		invite,
		devices,
		browser,
		clock: windowClock,
		settings,
		language: await devices?.language().catch(() => undefined),
		languages: navigator.languages,
		newId: () => crypto.randomUUID(),
		address,
		setLanguage: (lang) => {
			document.documentElement.lang = lang;
		},
		reload: () => location.reload(),
	});
	// Without it the page begins with nobody, and says what fails where it is needed.
	await page.accounts.refresh().catch(() => {});
	render(
		<PageProvider value={page}>
			<App />
		</PageProvider>,
		root,
	);
	await welcome();

	/** What each opening does, behind the first screen. */
	async function welcome(): Promise<void> {
		if (settings) await devices?.setOpenTemplate(settings.open);
		await devices?.setOpenedAt(windowClock.now());
		await browser.clearBadge();
		await page.accounts.renew();
	}
}

if (root) void open(root);
