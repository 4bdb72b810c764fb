import { describe, expect, test } from "bun:test";
import { type BannerFacts, banner } from "../../src/bun/banner.ts";
import { parseConfig } from "../../src/config/config.ts";

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
const line = (text: string, name: string) =>
	text.split("\n").find((each) => each.trim().startsWith(name)) ?? "";

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

	test("with an account name its address and its server, and who may register", () => {
		const text = said(ACCOUNT, { registrationToken: { kind: "file", path: "data/registration-token" } });
		expect(line(text, "XMPP")).toContain("push@xmpp.example.net/push through wss://xmpp.example.net/ws");
		expect(line(text, "registering")).toContain("data/registration-token");
		expect(line(text, "registering")).toContain("XMPP_ALLOW=*");
		expect(line(said({ ...ACCOUNT, XMPP_ALLOW: "*" }), "registering")).toContain("open to everybody");
	});

	test("show a registration token that was made just now, and say where a known one is to be had", () => {
		const token = "t".repeat(43);
		const lines = said(ACCOUNT, { registrationToken: { kind: "made", token } }).split("\n");
		const at = lines.findIndex((each) => each.trim().startsWith("registering"));
		expect(lines[at]).toContain("not shown again");
		expect(lines[at + 1]?.trim()).toBe(token);
		expect(lines[at + 2]).toContain("token; XMPP_ALLOW=* opens it to everybody");
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
});
