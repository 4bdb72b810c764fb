/** docs/scaling.md's way from a file to a libSQL server: who had registered is woken from there, and by replicas too. */
import { afterAll, expect, test } from "bun:test";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { startComponentDouble } from "../connector/component-double.ts";
import { runToEnd } from "../peers/child.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { type Registered, startReveille } from "../peers/reveille.ts";
import { startSqld } from "../peers/sqld.ts";

const ROOT = join(import.meta.dir, "../../");
const ends: (() => unknown)[] = [];
afterAll(async () => {
	for (const end of ends.reverse()) await end();
}, 60_000);

const publish = ({ node, secret }: Registered, id: string) =>
	`<iq type="set" id="${id}" from="example.net" to="push.example.org"><pubsub xmlns="http://jabber.org/protocol/pubsub">` +
	`<publish node="${node}"><item><notification xmlns="urn:xmpp:push:0"/></item></publish>` +
	'<publish-options><x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE"><value>http://jabber.org/protocol/pubsub#publish-options</value></field>' +
	`<field var="secret"><value>${secret}</value></field></x></publish-options></pubsub></iq>`;

test("a file's rows move to sqld by its backup, and Reveille goes on from there", async () => {
	const double = await startComponentDouble();
	ends.push(() => double.stop());
	const woken: string[] = [];
	const service = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		fetch(request) {
			woken.push(new URL(request.url).pathname);
			return new Response(null, { status: 201 });
		},
	});
	ends.push(() => service.stop(true));
	const settings: Record<string, string | undefined> = {
		XMPP_SERVICE: double.service,
		XMPP_DOMAIN: "push.example.org",
		XMPP_PASSWORD: "the secret",
		PUSH_INTERVAL_MS: "0",
	};
	const reveille = await startReveille({ settings }, "ready");
	ends.push(() => reveille.stop());
	const register = (name: string) =>
		reveille.registerDevice(
			{ subscription: { endpoint: `http://127.0.0.1:${service.port}/${name}` } },
			"nobody asks for one",
		);
	const before = await register("before");
	await reveille.halt();

	// As the page says.
	const folder = temporaryFolder("moving-to-sqld");
	ends.push(() => folder.remove());
	const copy = join(folder.path, "copy");
	const { code, stderr } = await runToEnd([process.execPath, "src/main.ts", "backup", copy], {
		cwd: ROOT,
		env: { PATH: process.env.PATH, DATA_DIR: reveille.dataFolder },
	});
	expect(`${code} ${stderr}`).toStartWith("0 ");
	const data = join(folder.path, "sqld");
	mkdirSync(join(data, "dbs/default"), { recursive: true });
	copyFileSync(join(copy, "reveille.db"), join(data, "dbs/default/data"));
	const sqld = await startSqld({ data });
	ends.push(() => sqld.stop());
	settings.DATABASE_URL = sqld.httpUrl;
	await reveille.start();

	double.send(publish(before, "to-before"));
	await double.until(/<iq type="result"[^>]* id="to-before"/);
	const after = await register("after");
	double.send(publish(after, "to-after"));
	await double.until(/<iq type="result"[^>]* id="to-after"/);
	expect(woken).toEqual(["/before", "/after"]);

	// What was there before is in its log too: a replica that begins anew has it.
	const replica = await startSqld({ primary: sqld });
	ends.push(() => replica.stop());
	const { rows } = await createClient({ url: replica.httpUrl }).execute("SELECT node FROM registrations");
	expect(rows.map(({ node }) => node)).toEqual(expect.arrayContaining([before.node, after.node]));
}, 120_000);

test("a database without the rows is refused, in place of telling everybody that they are gone", async () => {
	const settings: Record<string, string | undefined> = {};
	const reveille = await startReveille({ settings });
	ends.push(() => reveille.stop());
	await reveille.halt();
	const empty = await startSqld();
	ends.push(() => empty.stop());
	settings.DATABASE_URL = empty.httpUrl;
	await expect(reveille.start()).rejects.toThrow();
	expect(reveille.log()).toContain("database-id");
}, 60_000);
