import { describe, expect, test } from "bun:test";
import type { Element } from "@xmpp/xml";
import { createStanzaHandler, type StanzaDeps } from "../../src/xmpp/stanzas.ts";
import {
	deviceOf,
	instanceOf,
	outcomeOf,
	pushTo,
	readRegister,
	refused,
	registered,
} from "../../src/xmpp/unified-push.ts";
import { noCommands } from "./no-commands.ts";
import { parse } from "./parse.ts";

const UP = "http://gultsch.de/xmpp/drafts/unified-push";
const APPLICATION = `${"A".repeat(43)}=`;
const INSTANCE = `${"B".repeat(43)}=`;
const register = (attributes: string) => parse(`<register xmlns="${UP}" ${attributes}/>`);

describe("the dialect of UnifiedPush", () => {
	test("reads what a client registers, and nothing that is not 32 bytes", () => {
		const instance = { application: APPLICATION, instance: INSTANCE };
		expect(readRegister(register(`application="${APPLICATION}" instance="${INSTANCE}"`))).toEqual(instance);
		expect(instanceOf(deviceOf(instance))).toEqual(instance);
		for (const bad of ["", `application="${APPLICATION}"`, `application="${APPLICATION}" instance="short"`])
			expect(readRegister(register(bad))).toBeUndefined();
	});

	test("writes its answers as Prosody's mod_unified_push does", () => {
		expect(String(registered("https://push.example.net/up/T", Date.UTC(2026, 0, 2, 3, 4, 5, 678)))).toBe(
			`<registered xmlns="${UP}" endpoint="https://push.example.net/up/T" expiration="2026-01-02T03:04:05Z"/>`,
		);
		expect(String(refused("forbidden", "No."))).toContain(
			`<error type="auth"><forbidden xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>`,
		);
		const to = { id: "1", from: "push.example.org", to: "juliet@example.org/phone" };
		expect(String(pushTo(to, { application: APPLICATION, instance: INSTANCE }, "Zm9v"))).toBe(
			`<iq type="set" id="1" from="push.example.org" to="juliet@example.org/phone"><push xmlns="${UP}" application="${APPLICATION}" instance="${INSTANCE}">Zm9v</push></iq>`,
		);
	});

	test.each([
		["item-not-found", "gone"],
		["feature-not-implemented", "gone"],
		["service-unavailable", "retry"],
		["recipient-unavailable", "retry"],
		["remote-server-not-found", "retry"],
		["internal-server-error", "retry"],
		["forbidden", "retry"],
	] as const)("takes %s for %s", (condition, kind) => {
		const answer = parse(
			`<iq type="error"><error type="cancel"><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>`,
		);
		expect(outcomeOf(answer).kind).toBe(kind);
	});

	test("takes a result for delivered, and an error without a condition for one that is for now", () => {
		expect(outcomeOf(parse(`<iq type="result"/>`))).toEqual({ kind: "delivered" });
		expect(outcomeOf(parse(`<iq type="error"/>`)).kind).toBe("retry");
	});
});

describe("stanzas of UnifiedPush", () => {
	const online: string[] = [];
	const handler = (unifiedPush?: StanzaDeps["unifiedPush"]) =>
		createStanzaHandler({
			publish: async () => ({ kind: "wait", reason: "none" }),
			commands: noCommands,
			version: "1",
			...(unifiedPush && { unifiedPush }),
		});
	const on = handler({
		online: (from) => void online.push(from),
		register: async (_payload: Element, from, to) => registered(`${from} ${to}`, 0),
	});
	const iq = `<iq type="set" id="1" from="juliet@example.org/phone" to="push.example.org"><register xmlns="${UP}"/></iq>`;

	test("are answered where it is served; elsewhere as anything unknown", async () => {
		expect(String(await on(parse(iq)))).toContain("juliet@example.org/phone push.example.org");
		expect(String(await handler()(parse(iq)))).toContain("bad-request");
	});

	test("tell who is there, by available presence alone, and presence is never answered", async () => {
		const presence = (attributes: string) =>
			parse(`<presence from="juliet@example.org/phone" ${attributes}/>`);
		expect(await on(presence(`to="push.example.org"`))).toBeUndefined();
		for (const type of ["unavailable", "subscribe", "probe", "error"])
			expect(await on(presence(`type="${type}"`))).toBeUndefined();
		expect(await handler()(presence(""))).toBeUndefined();
		expect(online).toEqual(["juliet@example.org/phone"]);
	});

	test("are a feature that is told where it is served", async () => {
		const question = parse(
			`<iq type="get" id="1" from="a@example.org/b" to="push.example.org"><query xmlns="http://jabber.org/protocol/disco#info"/></iq>`,
		);
		expect(String(await on(question))).toContain(UP);
		expect(String(await handler()(question))).not.toContain(UP);
	});
});
