/** Doctor typed with other settings than those of the Reveille that runs. */
import { expect, test } from "bun:test";
import { lookAtDifferences } from "../../../../src/bun/commands/doctor/settings.ts";
import { withoutSettings } from "../../../../src/bun/commands/doctor/xmpp/checks.ts";
import { differencesOf, settingDigests } from "../../../../src/bun/commands/settings-digests.ts";
import { parseConfig } from "../../../../src/config/config.ts";

const XMPP = {
	XMPP_SERVICE: "wss://example.net:5281/xmpp-websocket",
	XMPP_USERNAME: "push@example.net",
	XMPP_PASSWORD: "a password that nobody guesses",
};
const differences = (there: Record<string, string>, here: Record<string, string>) =>
	differencesOf(settingDigests(parseConfig(there), "word"), settingDigests(parseConfig(here), "word"));

test("the same settings have no difference, whatever concerns neither pushes nor registering", () => {
	expect(differences(XMPP, { ...XMPP, LOG_LEVEL: "debug", PORT: "6000" })).toEqual([]);
	expect(lookAtDifferences({ differences: [] })).toEqual([]);
});

test("a key that was refused a moment before spoils nothing", async () => {
	const noKey = new Uint8Array(65).fill(4);
	const ecdsa = { name: "ECDSA", namedCurve: "P-256" };
	await crypto.subtle.importKey("spki", noKey, ecdsa, true, ["verify"]).catch(() => {});
	expect(differences(XMPP, XMPP)).toEqual([]);
});

test("what differs is named: connections, apps and settings, and no value of them", () => {
	expect(differences(XMPP, {})).toEqual(["XMPP: push@example.net/push only there"]);
	expect(differences({}, XMPP)).toEqual(["XMPP: push@example.net/push only here"]);
	expect(differences(XMPP, { ...XMPP, XMPP_PASSWORD: "another" })).toEqual([
		"XMPP: push@example.net/push is another there",
	]);
	expect(differences({ WNS_PACKAGE_SID: "" }, { NTFY: "true" }).join()).not.toContain("undefined");
	const subject = { VAPID_SUBJECT: "mailto:push@example.net" };
	expect(differences({ ...subject, PUBLIC_URL: "https://push.example.net" }, subject)).toEqual([
		"others: PUBLIC_URL",
	]);
	const apps = (name: string) => ({ APPS: JSON.stringify([{ name, service: "webpush" }]) });
	expect(differences(apps("quiet"), apps("ios")).join()).toMatch(/^apps: .*quiet only there.*ios only here/);
	const [found] = lookAtDifferences({ differences: ["XMPP: push@example.net/push only there"] });
	expect(found).toMatchObject({
		state: "warn",
		text: "the Reveille that runs has others than this command (XMPP: push@example.net/push only there).",
		do: expect.stringContaining("restart Reveille"),
	});
});

test("digests tell no password, and are others with each question", () => {
	const config = parseConfig(XMPP);
	const [one, other] = [settingDigests(config, "one"), settingDigests(config, "other")];
	expect(JSON.stringify(one)).not.toContain(XMPP.XMPP_PASSWORD);
	expect(one.connections).not.toEqual(other.connections);
});

const running = (...connections: object[]) =>
	({ kind: "running", running: { status: { connections } } }) as never;
const state = { address: "push@example.net/push", isOnline: true, isStandby: false, reason: null };

test("without XMPP settings it says what the Reveille that runs has, and nobody is said not to be woken", () => {
	const [online] = withoutSettings("all", running(state));
	expect(online).toMatchObject({ state: "unknown" });
	expect(online?.text).toStartWith("the Reveille that runs has push@example.net/push.");
	const [away] = withoutSettings(
		"all",
		running({ ...state, isOnline: false, reason: "XMPP_PASSWORD is wrong" }),
	);
	expect(away).toMatchObject({ state: "bad", text: expect.stringContaining("XMPP_PASSWORD is wrong") });
});

test("XMPP that is set up nowhere is bad: nobody is woken", () => {
	expect(withoutSettings("all", running())).toMatchObject([{ state: "bad" }]);
	expect(withoutSettings("connector", { kind: "none" })).toMatchObject([{ state: "bad" }]);
	expect(withoutSettings("http", { kind: "none" })).toMatchObject([{ state: "unknown" }]);
});
