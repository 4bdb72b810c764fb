/** What is kept of what a server sends before anybody waits for it. */
import { afterEach, expect, test } from "bun:test";
import { webKitBounds } from "../../../src/limits/bounds/web-kit.ts";
import { type Element, xml } from "../../../src/syntax/xml.ts";
import { connect } from "../../../src/web/kit/connection.ts";
import { type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

let server: ScriptedServer | undefined;
afterEach(() => server?.stop());

/** Connected to a server that says all this at once, and read as far as a browser would have by then. */
async function connected(...said: string[]) {
	const scripted = startScriptedServer((element) => (element.getName() === "go" ? said : undefined));
	server = scripted;
	const signal = new AbortController().signal;
	const allCame = Promise.withResolvers<void>();
	let came = 0;
	function openWebSocket(url: string) {
		const socket = new WebSocket(url, "xmpp");
		socket.addEventListener("message", () => {
			came++;
			if (came === said.length) allCame.resolve();
		});
		return socket;
	}
	const connection = await connect(scripted.url, { openWebSocket, timeout: () => signal }, signal);
	return { connection, allCame: allCame.promise };
}
const names = (elements: readonly Element[]) => elements.map((element) => element.getName());
const go = xml("go", {});

test("is read in order, and the rest is handed to whoever listens", async () => {
	const { connection, allCame } = await connected("<a/>", "<b/>", "<c/>");
	connection.send(go);
	await allCame;
	expect(names([await connection.next()])).toEqual(["a"]);
	const heard: Element[] = [];
	connection.listen((element) => heard.push(element));
	expect(names(heard)).toEqual(["b", "c"]);
	await connection.close();
});

test("is little: a server that goes on and on is left", async () => {
	const many = Array.from({ length: webKitBounds.unread.is + 1 }, () => "<a/>");
	const { connection } = await connected(...many);
	connection.send(go);
	await connection.ended;
	await server?.left();
});
