import { describe, expect, test } from "bun:test";
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import { createRequests, type RequestFailed } from "../../src/xmpp/requests.ts";
import { parse } from "./parse.ts";

const HOST = "pubsub.example.org";

function asking({ deadlineMs = 60_000 } = {}) {
	const sent: Element[] = [];
	const requests = createRequests((stanza) => sent.push(stanza), { deadlineMs, random: () => "r1" });
	const asked = requests.ask("get", HOST, xml("query", { xmlns: "urn:example" }));
	asked.catch(() => {});
	return { sent, requests, asked };
}

describe("a request", () => {
	test("is an IQ with an id of its own", () => {
		const { sent } = asking();
		expect(sent.map(String)).toEqual([
			`<iq type="get" id="r1" to="${HOST}"><query xmlns="urn:example"/></iq>`,
		]);
	});

	test("is answered by a result from whom was asked", async () => {
		const { requests, asked } = asking();
		const answer = parse(`<iq type="result" id="r1" from="${HOST}"/>`);
		expect(requests.take(answer)).toBeTrue();
		expect(await asked).toBe(answer);
	});

	test("is not answered by anybody else, nor by another id: these are taken, and nothing comes of them", async () => {
		const { requests, asked } = asking();
		expect(requests.take(parse(`<iq type="result" id="r1" from="evil.example"/>`))).toBeTrue();
		expect(requests.take(parse(`<iq type="result" id="r2" from="${HOST}"/>`))).toBeTrue();
		expect(requests.take(parse(`<iq type="result" id="r1" from="${HOST}"><right/></iq>`))).toBeTrue();
		expect((await asked).getChild("right")).toBeDefined();
	});

	test("to our own account may be answered without a sender (RFC 6120 §8.1.2.1), and none to anybody else", async () => {
		const requests = createRequests(() => {}, { random: () => "r1", own: "push@example.org" });
		const anonymous = parse(`<iq type="result" id="r1"/>`);
		const elsewhere = requests.ask("get", HOST, xml("query", { xmlns: "urn:example" }));
		expect(requests.awaits(anonymous)).toBeFalse();
		requests.take(anonymous);
		requests.take(parse(`<iq type="result" id="r1" from="${HOST}"/>`));
		expect((await elsewhere).attrs.from).toBe(HOST);
		const own = requests.ask("get", "push@example.org", xml("query", { xmlns: "urn:example" }));
		expect(requests.awaits(anonymous)).toBeTrue();
		requests.take(anonymous);
		expect(await own).toBe(anonymous);
	});

	test("fails with the condition of the error", async () => {
		const { requests, asked } = asking();
		requests.take(
			parse(
				`<iq type="error" id="r1" from="${HOST}"><error type="auth"><forbidden xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>` +
					`<text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">admins only</text></error></iq>`,
			),
		);
		expect(await asked.catch((error: RequestFailed) => [error.condition, error.message])).toEqual([
			"forbidden",
			"forbidden: admins only",
		]);
	});

	test("fails when nobody answers in time", async () => {
		const { asked } = asking({ deadlineMs: 1 });
		expect(await asked.catch((error: RequestFailed) => error.condition)).toBe("remote-server-timeout");
	});
});

test("requests to us are not taken", () => {
	const { requests } = asking();
	expect(
		requests.take(parse(`<iq type="get" id="r1" from="${HOST}"><query xmlns="urn:example"/></iq>`)),
	).toBeFalse();
	expect(requests.take(parse(`<message type="error" id="r1" from="${HOST}"/>`))).toBeFalse();
});

test("of what an error says the beginning is told", async () => {
	const { requests, asked } = asking();
	requests.take(
		parse(
			`<iq type="error" id="r1" from="${HOST}"><error type="auth"><forbidden xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>` +
				`<text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">${"x".repeat(10_000)}</text></error></iq>`,
		),
	);
	const message = await asked.catch((error: RequestFailed) => error.message);
	expect(message).toBe(`forbidden: ${"x".repeat(99)}…`);
});

test("an answer that is awaited is known by its own tag", async () => {
	const { requests, asked } = asking();
	const awaited = (tag: string) => requests.awaits(parse(tag));
	const right = `<iq type="result" id="r1" from="${HOST}"/>`;
	expect(awaited(right)).toBeTrue();
	expect(awaited(right.replace("result", "error"))).toBeTrue();
	expect(awaited(right.replace("result", "set"))).toBeFalse();
	expect(awaited(right.replace("r1", "r2"))).toBeFalse();
	expect(awaited(right.replace(HOST, "evil.example"))).toBeFalse();
	requests.take(parse(right));
	await asked;
	expect(awaited(right)).toBeFalse();
});
