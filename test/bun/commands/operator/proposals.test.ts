/** What a shell proposes of names that strangers chose. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { getLogger } from "@logtape/logtape";
import { openCommandSocket } from "../../../../src/bun/command-socket.ts";
import { ownersBegin, whoBegins } from "../../../../src/bun/commands/operator/proposals.ts";
import { temporaryFolder } from "../../../peers/folder.ts";

const SAFE = ["romeo+balcony%40@example.net", "juliet_2@example.net", "ромео@пример.example"];

/** All of them may stand before the @ of a JID (RFC 7622 §3.3.1), but for the last, which are nodes elsewhere. */
const UNSAFE = [
	"$(reboot)@evil.example",
	"`reboot`@evil.example",
	"a;reboot@evil.example",
	"a|reboot@evil.example",
	"*@evil.example",
	"[a]@evil.example",
	"{a,b}@evil.example",
	"!!@evil.example",
	"~root@evil.example",
	"a\\40b@evil.example",
	"=ls@evil.example",
	"#a@evil.example",
	"-rf@evil.example",
	"a\u202eb@evil.example",
	"a>b",
	"a b",
	"a\nb",
	"a'b",
];

const log = getLogger(["test"]);

let folder: ReturnType<typeof temporaryFolder>;
let socket: ReturnType<typeof openCommandSocket>;
beforeAll(() => {
	folder = temporaryFolder("proposals");
	const rows = [...SAFE, ...UNSAFE].map((owner) => ({ owner, node: `${owner}/node` }));
	socket = openCommandSocket(folder.path, () => Response.json({ rows }), log);
});
afterAll(async () => {
	await socket?.stop();
	folder?.remove();
});

test("a name that a shell would take for more than a word is not proposed: Tab must not lead to running it", async () => {
	const env = { DATA_DIR: folder.path };
	expect(await whoBegins(env, "")).toEqual(SAFE);
	for (const name of UNSAFE) {
		expect(await whoBegins(env, name)).toEqual([]);
		expect(await ownersBegin(env, name)).toEqual([]);
	}
});
