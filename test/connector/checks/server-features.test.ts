/** What the operator hears of a server that lacks something, and when. */
import { expect, test } from "bun:test";
import type { Logger } from "@logtape/logtape";
import xml, { type Element } from "@xmpp/xml";
import { createServerCheck } from "../../../src/connector/checks/server-features.ts";
import { RequestFailed } from "../../../src/xmpp/requests.ts";
import { account } from "../xmpp-double.ts";

const NS_DISCO = "http://jabber.org/protocol/disco#info";

interface Server {
	features?: string[];
	software?: string;
	utc?: string;
}

function check(server: Server, now = () => Date.UTC(2026, 0, 1)) {
	const logged: string[] = [];
	const asked: string[] = [];
	const times: number[] = [];
	const write = (message: string, values: Record<string, unknown>) =>
		logged.push(message.replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name])));
	const refused = (): never => {
		throw new RequestFailed("service-unavailable");
	};
	const made = createServerCheck({
		account: account("wss://example.net/ws"),
		async ask(_type, to, payload): Promise<Element> {
			const namespace = payload.getNS() ?? "";
			asked.push(`${to} ${namespace}`);
			const { features, software, utc } = server;
			if (namespace === NS_DISCO) {
				if (!features) return refused();
				const children = features.map((name) => xml("feature", { var: name }));
				return xml("iq", {}, xml("query", { xmlns: NS_DISCO }, ...children));
			}
			if (namespace === "urn:xmpp:time") {
				if (utc === undefined) return refused();
				return xml("iq", {}, xml("time", { xmlns: namespace }, xml("utc", {}, utc)));
			}
			if (software === undefined) return refused();
			return xml("iq", {}, xml("query", { xmlns: namespace }, xml("name", {}, software)));
		},
		onTime: (date) => times.push(date),
		log: { info: write, warn: write } as unknown as Pick<Logger, "info" | "warn">,
		now,
	});
	return { ...made, logged, asked, times, settled: () => Bun.sleep(0) };
}

const GOOD = { features: ["urn:xmpp:push:0", "urn:xmpp:carbons:2"] };

test("whether it sends Push 2.0 is known by its feature", async () => {
	const { online, facts, settled } = check({ features: [...GOOD.features, "urn:xmpp:push2:0"] });
	online({ resumable: true, takes: undefined });
	await settled();
	expect(facts().push2).toBeTrue();
});

test("a server that has everything is one line of the log, and is asked nothing more", async () => {
	const { online, lacks, facts, logged, asked, settled } = check(GOOD);
	online({ resumable: true, takes: 262144 });
	await settled();
	expect(lacks()).toEqual([]);
	expect(facts()).toEqual({ push: true, push2: false, resumption: true, longestStanza: 262144 });
	expect(logged).toEqual([
		"push@localhost/push: its server offers push: yes; resumption: yes; longest stanza: 262144 bytes.",
	]);
	expect(asked).toEqual([`push@localhost ${NS_DISCO}`, "localhost urn:xmpp:time"]);
});

test("the same is not said again, and a change is", async () => {
	const server: Server = { ...GOOD };
	const { online, lacks, logged, settled } = check(server);
	for (let time = 0; time < 3; time++) {
		online({ resumable: true, takes: undefined });
		await settled();
	}
	expect(logged).toHaveLength(1);
	server.features = [];
	online({ resumable: true, takes: undefined });
	await settled();
	expect(logged.join("\n")).toContain("localhost does not offer push");
	server.features = GOOD.features;
	online({ resumable: true, takes: undefined });
	await settled();
	expect(lacks()).toEqual([]);
});

test.each([
	["Prosody", 'In Prosody, write "cloud_notify" into modules_enabled of prosody.cfg.lua'],
	["ejabberd", "In ejabberd, write `mod_push: {}` below `modules:` of ejabberd.yml"],
])("what %s lacks is said with the line that mends it", async (software, cure) => {
	const { online, lacks, logged, settled } = check({ features: [], software });
	online({ resumable: false, takes: undefined });
	await settled();
	const [push, resumption] = lacks();
	expect(push).toContain(
		"localhost does not offer push (urn:xmpp:push:0, XEP-0357): its users cannot be woken.",
	);
	expect(push).toContain(cure);
	expect(push).not.toContain(software === "Prosody" ? "ejabberd" : "prosody.cfg.lua");
	expect(resumption).toContain("localhost does not resume streams (XEP-0198)");
	expect(resumption).toContain(software === "Prosody" ? `"smacks"` : "`mod_stream_mgmt: {}`");
	expect(logged.filter((line) => /does not (offer|resume)/.test(line))).toHaveLength(2);
});

test("a server that does not say what it is gets both lines", async () => {
	const { online, lacks, settled } = check({ features: [] });
	online({ resumable: true, takes: undefined });
	await settled();
	expect(lacks().join()).toMatch(/In Prosody, .+ In ejabberd, /);
});

test("a server that does not answer is said to lack nothing", async () => {
	const { online, lacks, facts, settled } = check({});
	online({ resumable: true, takes: undefined });
	await settled();
	expect(lacks()).toEqual([]);
	expect(facts().push).toBeUndefined();
});

test("what time the server says is handed on, unless the answer took long or is none", async () => {
	const quick = check({ ...GOOD, utc: "2026-01-01T00:10:00Z" });
	quick.online({ resumable: true, takes: undefined });
	await quick.settled();
	expect(quick.times).toEqual([Date.UTC(2026, 0, 1, 0, 10)]);
	let now = 0;
	const slow = check({ ...GOOD, utc: "2026-01-01T00:10:00Z" }, () => (now += 20_000));
	slow.online({ resumable: true, takes: undefined });
	await slow.settled();
	expect(slow.times).toEqual([]);
	const odd = check({ ...GOOD, utc: "tomorrow" });
	odd.online({ resumable: true, takes: undefined });
	await odd.settled();
	expect(odd.times).toEqual([]);
});
