import { describe, expect, test } from "bun:test";
import { type BannerFacts, banner } from "../../src/bun/banner.ts";
import { parseConfig } from "../../src/config/config.ts";
import { settingNames } from "../../src/config/settings.ts";
import { SERVICE_NAMES, SERVICES } from "../../src/services/registry.ts";

const KEY = "k".repeat(32);
const ACCOUNT = {
	XMPP_SERVICE: "wss://xmpp.example.net/ws",
	XMPP_USERNAME: "push",
	XMPP_PASSWORD: "sesame",
};

const said = (settings: Record<string, string> = {}, facts: Partial<BannerFacts> = {}) =>
	banner({
		version: "1.2.3",
		config: parseConfig(settings),
		created: [],
		url: "http://127.0.0.1:5357",
		startMs: 123.4,
		registrationToken: undefined,
		...facts,
	});
/** What is said below a name, as one line; as it is found by its beginning. */
function line(text: string, name: string): string {
	const lines = text.split("\n");
	const at = lines.findIndex((each) => each.trim().startsWith(name));
	if (at < 0) return "";
	const more = lines.slice(at + 1);
	const end = more.findIndex((each) => !each.startsWith(" ".repeat(12)));
	return [lines[at], ...more.slice(0, end)].map((each = "") => each.trim()).join(" ");
}

describe("the first lines of a start", () => {
	test("with nothing set say that it runs, what is off, and which settings turn it on", () => {
		const text = said();
		expect(text).toStartWith("Reveille 1.2.3, ROLE=all, ready in 123 ms\n");
		for (const name of ["XMPP_SERVICE", "XMPP_USERNAME", "XMPP_PASSWORD"])
			expect(line(text, "XMPP")).toContain(name);
		expect(line(text, "registering")).toContain("off");
		expect(line(text, "Web Push")).toContain("WEBPUSH_ALLOW_HOSTS");
		expect(line(text, "database")).toContain("data/reveille.db");
		expect(text).toContain("VAPID_SUBJECT");
	});

	test("say whom clients name as their push server of UnifiedPush, and what turns it on", () => {
		expect(line(said(), "UnifiedPush")).toBe(
			"UnifiedPush     off: UNIFIEDPUSH=true turns it on, for a component",
		);
		const settings = {
			XMPP_SERVICE: "xmpp://127.0.0.1:5347",
			XMPP_DOMAIN: "push.example.net",
			XMPP_PASSWORD: "sesame",
			PUBLIC_URL: "https://push.example.net/",
			UNIFIEDPUSH: "true",
		};
		expect(line(said(settings), "UnifiedPush")).toContain(
			"push server push.example.net; endpoints at https://push.example.net/up/…",
		);
	});

	test("with an account name its address and its server, and who may register", () => {
		const text = said(ACCOUNT, { registrationToken: { kind: "file", path: "data/registration-token" } });
		expect(line(text, "XMPP")).toContain("push@xmpp.example.net/push through wss://xmpp.example.net/ws");
		expect(line(text, "registering")).toContain("data/registration-token");
		expect(line(text, "registering")).toContain("XMPP_ALLOW=*");
		expect(line(said({ ...ACCOUNT, XMPP_ALLOW: "*" }), "registering")).toContain("open to everybody");
	});

	test("say whether Push 2.0 is relayed, and for whom", () => {
		expect(line(said(), "Push 2.0")).toBe("");
		expect(line(said(ACCOUNT), "Push 2.0")).toContain("relay off: PUSH2_RELAY=true turns it on");
		const on = { ...ACCOUNT, PUSH2_RELAY: "true" };
		expect(line(said(on), "Push 2.0")).toContain("relayed for xmpp.example.net");
		expect(line(said({ ...on, XMPP_ALLOW: "*" }), "Push 2.0")).toContain("every domain");
	});

	test("show a registration token that was made just now, and say where a known one is to be had", () => {
		const token = "t".repeat(43);
		const lines = said(ACCOUNT, { registrationToken: { kind: "made", token } }).split("\n");
		const at = lines.findIndex((each) => each.trim().startsWith("registering"));
		expect(lines[at]).toContain("not shown again");
		expect(lines[at + 1]?.trim()).toBe(token);
		expect(line(lines.join("\n"), "registering")).toContain("token; XMPP_ALLOW=* opens it to everybody");
		for (const kind of ["known", "unknown"] as const) {
			expect(line(said(ACCOUNT, { registrationToken: { kind } }), "registering")).toMatch(
				/made by: .* token;/,
			);
		}
		// Nobody registers at a connector, but its database has the token for those where one does.
		const connector = { ...ACCOUNT, ROLE: "connector" };
		expect(said(connector, { registrationToken: { kind: "made", token } })).toContain(token);
		expect(line(said(connector), "registering")).toContain("at the ROLE=http");
	});

	test("name the keys that were made just now, since they belong into a backup", () => {
		expect(line(said({}, { created: ["secret.key", "vapid.key"] }), "data folder")).toContain(
			"made now: secret.key, vapid.key",
		);
	});

	test("say where the web app is, or what turns it on", () => {
		const web = (settings?: Record<string, string>) => line(said(settings), "web app");
		expect(web(ACCOUNT)).toContain("http://127.0.0.1:5357/app/, for browsers of this machine alone");
		expect(web(ACCOUNT)).not.toContain("before XMPP is on");
		expect(web()).toContain("before XMPP is on");
		expect(web({ ...ACCOUNT, PUBLIC_URL: "https://push.example/" })).toEndWith("  https://push.example/app/");
		expect(web({ PUBLIC_URL: "http://push.example" })).toContain("off: set PUBLIC_URL to an https address");
		expect(web({ WEB_APP: "false" })).toContain("off: WEB_APP=true");
		expect(web({ ...ACCOUNT, ROLE: "connector" })).toBe("");
	});

	test("say nothing of a contact once there is one", () => {
		expect(said({ PUBLIC_URL: "https://push.example" })).not.toContain("VAPID_SUBJECT");
	});

	test("never hold a password, a key or a token, wherever it was put", () => {
		const text = said({
			...ACCOUNT,
			XMPP_SERVICE: "wss://xmpp.example.net/ws?token=sesame",
			SECRET_KEY: `sesame${KEY}`,
			ADMIN_TOKEN: `sesame${KEY}`,
			REGISTRATION_TOKEN: `sesame${KEY}`,
			VAPID_PRIVATE_KEY: "sesame",
			DATABASE_URL: "libsql://user:ses%40me-sesame@db.example.net?authToken=sesame",
			DATABASE_AUTH_TOKEN: "sesame",
		});
		expect(text).not.toContain("sesame");
		expect(line(text, "database")).toEndWith("  libsql://db.example.net");
		expect(line(text, "XMPP")).toEndWith("through wss://xmpp.example.net/ws");
	});

	test("with ROLE=http say that a connector does the rest", () => {
		const text = said({
			ROLE: "http",
			XMPP_ADDRESS: "push.example.net",
			SECRET_KEY: KEY,
			VAPID_PUBLIC_KEY: "B".repeat(87),
			DATABASE_URL: "file:/var/shared.db",
		});
		expect(line(text, "XMPP")).toContain("push.example.net, served by a connector");
		expect(line(text, "database")).toContain("file:/var/shared.db");
		expect(text).not.toContain("data folder");
	});

	test("name every push service: on with its apps, or off with the settings that turn it on", () => {
		const off = said();
		for (const name of SERVICE_NAMES) {
			const { label, turnedOnBy } = SERVICES[name];
			const its = line(off, label);
			if (turnedOnBy === undefined) expect(its).toMatch(/ on\b/);
			else expect(its).toContain(`off: ${turnedOnBy} turn`);
			for (const [setting] of turnedOnBy?.matchAll(/[A-Z]+_[A-Z_]+/g) ?? [])
				expect(settingNames as string[]).toContain(setting);
		}
		const app = { service: "apns", cert: "-----BEGIN PRIVATE KEY-----", topic: "org.example.chat" };
		const on = said({
			FCM_SERVICE_ACCOUNT: "{}",
			APPS: JSON.stringify([
				{ ...app, name: "chat-ios" },
				{ ...app, name: "chat-ios-dev", sandbox: true },
				{ name: "topics", service: "ntfy" },
				{ name: "browsers", service: "webpush" },
			]),
		});
		expect(line(on, "APNs")).toEndWith("on: chat-ios, chat-ios-dev");
		expect(line(on, "FCM")).toEndWith(" on");
		expect(line(on, "ntfy")).toEndWith("on: topics");
		expect(line(on, "Web Push")).toContain("on: browsers, to Mozilla");
	});

	test("name every way in: on with its address, or off with the settings that turn it on", () => {
		const off = said();
		expect(line(off, "XMPP account")).toContain("off: set XMPP_SERVICE to wss://…");
		expect(line(off, "XMPP component")).toContain("off: set XMPP_SERVICE to xmpp://…");
		expect(line(off, "pubsub host")).toContain("off: XMPP_PUBSUB_HOST");
		expect(line(off, "console")).toContain("off: ADMIN_TOKEN");
		expect(line(off, "metrics")).toContain("off: ADMIN_TOKEN");
		const on = said({ ...ACCOUNT, XMPP_PUBSUB_HOST: "pubsub.example.net", ADMIN_TOKEN: KEY });
		expect(line(on, "XMPP component")).toContain("off: a [[connection]] of reveille.toml adds one");
		expect(line(on, "pubsub host")).toContain("pubsub.example.net, for push@xmpp.example.net/push");
		expect(line(on, "console")).toContain("http://127.0.0.1:5357/admin/");
		expect(line(on, "metrics")).toContain("http://127.0.0.1:5357/metrics");
		const component = said({
			XMPP_SERVICE: "xmpp://127.0.0.1:5347",
			XMPP_DOMAIN: "push.example.net",
			XMPP_PASSWORD: "sesame",
		});
		expect(line(component, "XMPP component")).toContain("push.example.net through xmpp://127.0.0.1:5347");
		const connector = said({ ...ACCOUNT, ROLE: "connector", ADMIN_TOKEN: KEY });
		expect(line(connector, "console")).toBe("");
		expect(line(connector, "metrics")).not.toContain("off");
	});

	test("fit 80 columns, but for what is copied as a whole", () => {
		const texts = [
			said(),
			said({ ...ACCOUNT, WEBPUSH_ALLOW_HOSTS: "ntfy.sh, *.example.net, up.example.org, one.more.example" }),
			said({ PUBLIC_URL: "https://push.example.net" }, { created: ["secret.key", "vapid.key"] }),
		];
		const long = texts
			.join("\n")
			.split("\n")
			.filter((each) => each.length > 80);
		expect(long).toEqual([]);
		const path = `/${"folder/".repeat(20)}`;
		expect(said({ DATA_DIR: path })).toContain(`  ${path}\n`);
	});
});
