/** Puts the page together from its effects: what acts, where a person is, and how one leads to the other. */
import { effect, signal } from "@preact/signals";
import type { Clock } from "../clock.ts";
import type { Devices } from "../devices.ts";
import type { DeviceApi, Kit, OpenRegistration } from "../kit/kit.ts";
import type { WebAppSettings } from "../settings.ts";
import { createAccounts } from "./accounts/accounts.ts";
import type { Browser } from "./browser.ts";
import { createCopySetUp } from "./copy-set-up.ts";
import { takeInvite } from "./invite-link.ts";
import { NO_DEVICES } from "./no-devices.ts";
import { obstacleOf } from "./obstacle.ts";
import type { Page } from "./page.ts";
import { hashOf, parseRoute, type Route } from "./routes.ts";
import { createSetUp, type SetUp, stepOf } from "./set-up.ts";
import { textsFor } from "./texts/texts.ts";

export interface PageEffects {
	/** The secret of the invite whose link led here: taken out of the address already. */
	invite?: string | undefined;
	kit: Kit;
	api: DeviceApi;
	registration: OpenRegistration;
	/** Missing: this browser keeps nothing. */
	devices: Devices | undefined;
	browser: Browser;
	clock: Clock;
	settings: WebAppSettings | undefined;
	/** The language that was chosen before. */
	language: string | undefined;
	/** BCP 47, the most wanted first. */
	languages: readonly string[];
	newId(): string;
	address: AddressBar;
	/** The language of the document. */
	setLanguage(lang: string): void;
	reload(): void;
}

/** The part of the address behind `#`. */
export interface AddressBar {
	hash(): string;
	push(hash: string): void;
	replace(hash: string): void;
	/** The back button, or a link. */
	onChange(listener: () => void): void;
}

export function createPage(effects: PageEffects): Page {
	const { kit, api, registration, browser, clock, settings, newId, address } = effects;
	const devices = effects.devices ?? NO_DEVICES;
	const texts = signal(textsFor([effects.language, ...effects.languages]));
	const invite = signal(effects.invite);
	const route = signal<Route>(parseRoute(address.hash()));
	const notice = signal<string>();
	const accounts = createAccounts({ kit, api, devices, browser, clock, settings });
	const changed = () => {
		browser.tellTabs();
		void accounts.refresh();
	};
	const copySetUp = createCopySetUp({
		browser,
		clock,
		devices,
		registration,
		vapidPublicKey: settings?.vapidPublicKey,
		changed,
	});
	const setUp = createSetUp({
		kit,
		api,
		devices,
		browser,
		clock,
		reveille: {
			address: settings?.address ?? "",
			vapidPublicKey: settings?.vapidPublicKey ?? "",
			servers: settings?.servers ?? {},
		},
		invite: () => invite.value,
		newId,
		testBody: () => `${texts.value.test.body} ${newId().slice(0, 6)}`,
		// A list that does not come is asked for again on its own screen.
		signedIn: (session) => void accounts.signedIn(session).catch(() => {}),
		changed,
	});

	const go = (to: Route, how?: "replace") => {
		const hash = hashOf(to);
		if (how === "replace") address.replace(hash);
		else address.push(hash);
		route.value = to;
	};
	address.onChange(() => {
		notice.value = undefined;
		invite.value = takeInvite(address) ?? invite.value;
		route.value = parseRoute(address.hash());
		if (route.value.at === "set-up") meetSetUp(setUp, route.value.step, go);
		else if (route.value.at !== "copy") copySetUp.reset();
	});
	followSetUp(setUp, () => route.value, go);
	effect(() => {
		const { lang } = texts.value;
		effects.setLanguage(lang);
		void devices.setLanguage(lang).catch(() => {});
	});
	browser.onReturn(() => void accounts.refresh().catch(() => {}));
	browser.hear(({ kind }) => {
		if (kind !== "test-shown") void accounts.refresh().catch(() => {});
	});

	return {
		texts,
		speak(lang) {
			texts.value = textsFor([lang]);
		},
		route,
		go,
		browser,
		clock,
		settings,
		obstacle: obstacleOf(browser, settings) ?? (effects.devices ? undefined : "no-storage"),
		accounts,
		setUp,
		invite,
		copySetUp,
		notice,
		reload: effects.reload,
		moved: false,
	};
}

/** The address follows the set-up: each of its steps is a place to come back from. */
function followSetUp(setUp: SetUp, route: () => Route, go: Page["go"]): void {
	let former = stepOf(setUp.state.value);
	setUp.state.subscribe((state) => {
		const step = stepOf(state);
		if (step === former) return;
		former = step;
		const at = route();
		// The first screen is also the page's own address.
		if (at.at === "set-up" && at.step === step) return;
		go({ at: "set-up", step });
	});
}

/** A person came to a step by the back button. What was done stays done; what was begun is given up. */
function meetSetUp(setUp: SetUp, step: string, go: Page["go"]): void {
	const { value } = setUp.state;
	if (stepOf(value) === step) return;
	const isDone = value.at === "tested";
	setUp.stop();
	if (isDone) go({ at: "devices", account: value.device.account }, "replace");
	else go({ at: "set-up", step: "sign-in" }, "replace");
}
