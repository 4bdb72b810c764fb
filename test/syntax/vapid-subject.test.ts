/** The contact that push services are told: what Apple refuses is noticed at the start. */
import { describe, expect, test } from "bun:test";
import { banner } from "../../src/bun/banner.ts";
import { ConfigError, parseConfig } from "../../src/config/config.ts";

/** The banner as one line: where a line ends is the terminal's affair. */
const said = (settings: Record<string, string>) =>
	banner({
		version: "1.2.3",
		config: parseConfig(settings),
		created: [],
		url: "http://127.0.0.1:5357",
		startMs: 1,
		registrationToken: undefined,
	}).replace(/\s+/g, " ");

/** Well formed, and known to nobody outside. */
const PRIVATE_HOSTS = [
	"localhost",
	"push.localhost",
	"push.invalid",
	"push",
	"push.local",
	"push.lan",
	"push.home.arpa",
	"push.internal",
	"PUSH.LOCAL.",
	"127.0.0.1",
	"192.168.1.5",
	"[::1]",
	"[fd00::1]",
	"[::ffff:10.0.0.1]",
];

describe("a VAPID_SUBJECT", () => {
	test.each([
		"mailto:",
		"mailto:admin",
		"mailto:@example.net",
		"mailto:admin@",
		"mailto:<admin@example.net>",
		"mailto: admin@example.net",
		"mailto:The Admin <admin@example.net>",
		"mailto:admin@example.net,other@example.net",
		"mailto:%3Cadmin@example.net%3E",
		"mailto:admin@example.net?subject=push",
		"mailto://admin@example.net",
		"admin@example.net",
		"http://example.net",
		"https://",
	])("that is no contact is refused, with what it must be: %s", (subject) => {
		expect(() => parseConfig({ VAPID_SUBJECT: subject })).toThrow(
			new ConfigError([
				"VAPID_SUBJECT must be mailto: and one address without brackets or blanks, such as mailto:you@example.net, or a URL that begins https://.",
			]),
		);
	});

	test.each([
		"mailto:you@example.net",
		"MAILTO:you+push@mail.example.net",
		"mailto:o'hara@xn--bcher-kva.example",
		"https://push.example.net",
		"https://push.example.net:8443/contact",
		"https://203.0.114.7/",
	])("that is one is taken, and nothing is said of it: %s", (subject) => {
		expect(parseConfig({ VAPID_SUBJECT: subject }).vapid.subject).toBe(subject);
		expect(said({ VAPID_SUBJECT: subject })).not.toContain("VAPID_SUBJECT");
	});

	test.each([
		...PRIVATE_HOSTS.map((host) => `https://${host}/x`),
		"mailto:root@localhost",
		"mailto:admin@push.lan",
		"mailto:admin@push.invalid",
		"mailto:admin@[127.0.0.1]",
		"mailto:admin@[IPv6:fd00::1]",
	])("that nobody outside can use is taken, and the start says that Apple refuses it: %s", (subject) => {
		const settings = { VAPID_SUBJECT: subject };
		expect(parseConfig(settings).vapid.subject).toBe(subject);
		expect(said(settings)).toMatch(/Apple's push service refuses VAPID_SUBJECT.+: set it to mailto:/);
	});
});

describe("without one", () => {
	test("a PUBLIC_URL on the internet is the contact", () => {
		expect(parseConfig({ PUBLIC_URL: "https://push.example.net" }).vapid.subject).toBe(
			"https://push.example.net",
		);
	});

	test.each(PRIVATE_HOSTS)(
		"a PUBLIC_URL that nobody outside can use is none, and the start says so: %s",
		(host) => {
			const settings = { PUBLIC_URL: `https://${host}` };
			expect(parseConfig(settings).vapid.subject).toBeUndefined();
			expect(said(settings)).toMatch(/no contact for push services.+VAPID_SUBJECT/);
		},
	);
});
