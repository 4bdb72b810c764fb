/** Connections of Strophe.js and xmpp.js: what is asked over them, and what comes of each answer. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { xml } from "../../../src/syntax/xml.ts";
import { NoAnswer, StanzaFailure } from "../../../src/web/kit/iq-caller.ts";
import { StreamEnded } from "../../../src/web/kit/stream-ended.ts";
import { loggedInWith } from "../../../src/web/site/connections.ts";
import { PushError } from "../../../src/web/site/push-error.ts";
import { failure, result } from "../kit/scripted-server.ts";
import { type Answer, dom, type Heard, JID, strophe, xmppJs } from "./fake-connections.ts";

const before = globalThis.DOMParser;
beforeAll(() => {
	globalThis.DOMParser = dom.DOMParser as never;
});
afterAll(() => {
	globalThis.DOMParser = before;
});

const QUESTION = xml("query", { xmlns: "urn:example:1", node: "a&<b>" }, xml("word", {}, "x < y & 'z'"));

const KINDS: [name: string, make: (answer: Answer) => object & Heard, offline: () => object][] = [
	["xmpp.js", xmppJs, () => xmppJs(() => undefined, { status: "offline" })],
	["Strophe.js", strophe, () => strophe(() => undefined, { authenticated: false })],
];

describe.each(KINDS)("a connection of %s", (_, make, offline) => {
	const ask = (answer: Answer) => {
		const connection = make(answer);
		return { connection, answered: loggedInWith(connection).iq.request("set", QUESTION, "push@example.net") };
	};

	test("is somebody's", () => {
		expect(loggedInWith(make(() => undefined)).account).toBe("romeo@example.org");
		expect(JID).toStartWith("romeo@example.org/");
	});

	test("takes a question as it was made, each with an id of its own", async () => {
		const { connection, answered } = ask((iq) => result(iq));
		await answered;
		await loggedInWith(connection).iq.request("get", xml("query", { xmlns: "urn:example:2" }));
		const [first, second] = connection.heard;
		expect(first?.attrs).toMatchObject({ type: "set", to: "push@example.net", xmlns: "jabber:client" });
		const query = first?.getChild("query", "urn:example:1");
		expect(query?.attrs.node).toBe("a&<b>");
		expect(query?.getChildText("word")).toBe("x < y & 'z'");
		expect(second?.attrs.to).toBeUndefined();
		expect(new Set([first?.attrs.id, second?.attrs.id, undefined]).size).toBe(3);
	});

	test("brings the answer, with its namespaces and texts", async () => {
		const inner = "<a xmlns='urn:x' k='1 &amp; 2'><b xmlns='urn:y'>p &lt;q&gt;</b></a>";
		const { answered } = ask((iq) => result(iq, inner));
		const answer = await answered;
		const found = answer.getChild("a", "urn:x");
		expect(found?.attrs.k).toBe("1 & 2");
		expect(found?.getChildText("b", "urn:y")).toBe("p <q>");
		expect(found?.getChild("b", "urn:x")).toBeUndefined();
	});

	test("brings what was refused, with whose words", async () => {
		const { answered } = ask((iq) => failure(iq, "auth", "forbidden", "Not you."));
		const error = await answered.catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(StanzaFailure);
		expect(error).toMatchObject({ type: "auth", condition: "forbidden", text: "Not you." });
	});

	test("says that no answer came", async () => {
		const { answered } = ask(() => undefined);
		expect(await answered.catch((thrown: unknown) => thrown)).toBeInstanceOf(NoAnswer);
	});

	test("says that it was lost meanwhile", async () => {
		const connection = make(() => {
			Object.assign(connection, { status: "disconnect", connected: false });
			return undefined;
		});
		const answered = loggedInWith(connection).iq.request("set", QUESTION);
		expect(await answered.catch((thrown: unknown) => thrown)).toBeInstanceOf(StreamEnded);
	});

	test("is of no use before the login", () => {
		expect(() => loggedInWith(offline())).toThrow(new PushError("not-connected"));
	});
});

test.each([undefined, null, {}, { send() {} }, "connection"])("%p is no connection", (connection) => {
	expect(() => loggedInWith(connection)).toThrow(new PushError("unknown-connection"));
});
