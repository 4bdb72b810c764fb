/** Moving over as an operator does it: by the command, with what the other app server left, while Reveille runs. */
import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "../../../src/bun/database.ts";
import { createKeyring, withFormerSecrets } from "../../../src/secrets.ts";
import { createFormerSecrets } from "../../../src/store/former-secrets.ts";
import { openScene } from "../../e2e/scene.ts";
import { temporaryFolder } from "../../peers/folder.ts";
import { writeInternalStorage, writeSqliteStorage } from "./prosody-storage.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}, 60_000);

/** Runs the command with settings of its own. */
async function command(args: string[], settings: Record<string, string>) {
	const { PATH = "", HOME = "" } = process.env;
	const child = Bun.spawn([process.execPath, "src/server.ts", "import", ...args], {
		...{ cwd: ROOT, env: { PATH, HOME, ...settings } },
		...{ stdin: "ignore", stdout: "pipe", stderr: "pipe" },
	});
	const [output, errors, code] = await Promise.all([
		new Response(child.stdout).text(),
		new Response(child.stderr).text(),
		child.exited,
	]);
	return { output, errors, code };
}

function folder() {
	const made = temporaryFolder("moving");
	cleanups.push(made.remove);
	return made.path;
}

const HOST = "push.example.org";
const NODE = "E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E";
const SECRET = "384e51b4b2d5e4758e5dc342b22dea9217212f2c4886e2a3dcf16f3eb0eb3807";

test("a device is woken with its old secret, without registering again; when it does, it keeps its node, and the old secret ends", async () => {
	const scene = await openScene("prosody", { settings: { PUSH_INTERVAL_MS: "0" } });
	cleanups.push(scene.stop);
	const { reveille, endpoint } = scene;
	const { subscription } = endpoint.createSubscription({
		applicationServerKey: await reveille.vapidPublicKey(),
	});
	const token = subscription.endpoint;
	const registered = new Date(Date.now() - 86_400_000).toISOString().replace(/\.\d+/, "");
	const data = { type: "webpush", node: NODE, token, secret: SECRET, registered };
	const path = folder();
	writeInternalStorage(path, [{ host: HOST, node: NODE, data }]);
	const settings = { DATA_DIR: reveille.dataFolder, WEBPUSH_ALLOW_PRIVATE: "true" };

	const form = async (name: string, fields: Record<string, string>) => {
		const answer = await fetch(`${reveille.url}/push_appserver/v1/${name}`, {
			method: "POST",
			headers: { Authorization: `Bearer ${reveille.registrationToken()}` },
			body: new URLSearchParams(fields),
		});
		return (await answer.text()).split("\n");
	};
	/** Puts the user's device to sleep with this secret, and has it written to. */
	const wake = async (secret: string, body: string) => {
		const bob = await scene.login("bob");
		await bob.online();
		await bob.enablePush({ jid: `push@${scene.server.host}/push`, node: NODE, secret });
		await bob.goOffline();
		endpoint.clear();
		const alice = await scene.login("alice");
		await alice.sendMessage(bob.bareJid, body);
		await endpoint.waitForPush((push) => push.endpoint === token);
		await alice.goOffline();
	};

	expect(await form("push", { node: NODE, secret: SECRET })).toEqual(["ERROR", "Node or secret not found!"]);
	// What an import does while the server is up must be seen by it.
	const first = await command(["prosody", path], settings);
	expect(first.output).toContain("Imported 1, updated 0, unchanged 0, skipped 0.");
	expect(first.output).toContain(`connected as the component of that name`);
	expect(first.code).toBe(0);
	// For a second it believes what it has just seen: that there are no former secrets.
	const deadline = Date.now() + 10_000;
	while ((await form("push", { node: NODE, secret: SECRET }))[0] !== "OK") {
		if (Date.now() > deadline) throw new Error("the import was not seen");
		await Bun.sleep(100);
	}

	await wake(SECRET, "Art thou not Romeo?");

	const [ok, node, derived = ""] = await form("register", { type: "webpush", node: NODE, token });
	expect([ok, node]).toEqual(["OK", NODE]);
	expect(derived).not.toBe(SECRET);
	expect(await form("push", { node: NODE, secret: SECRET })).toEqual(["OK", NODE]);

	await wake(derived, "And a Montague?");
	expect(await form("push", { node: NODE, secret: SECRET })).toEqual(["ERROR", "Node or secret not found!"]);

	const second = await command(["prosody", path], settings);
	expect(second.output).toContain("Imported 0, updated 0, unchanged 1, skipped 0.");
	expect(await form("push", { node: NODE, secret: SECRET })).toEqual(["ERROR", "Node or secret not found!"]);
	expect(await form("push", { node: NODE, secret: derived })).toEqual(["OK", NODE]);
}, 60_000);

describe("the command", () => {
	test("says how it is used", async () => {
		const { output, code } = await command(["--help"], {});
		expect(output).toStartWith("Usage: npx --yes bun run start import prosody PATH");
		expect(code).toBe(0);
	});

	test.each([
		[[], "Say what to import: prosody or csv, and its path."],
		[["prosody"], "Say what to import: prosody or csv, and its path."],
		[["ejabberd", "x"], "Say what to import: prosody or csv, and its path."],
		[["prosody", "x", "--hots", "y"], "Unknown option '--hots'"],
		[["csv", "x", "--host", "y"], "--host is for prosody"],
	])("%j is refused, with how it is used", async (args, problem) => {
		const { errors, code } = await command(args, { DATA_DIR: join(folder(), "data") });
		expect(errors).toStartWith(problem);
		expect(errors).toContain("Usage: npx --yes bun run start import prosody PATH");
		expect(code).toBe(1);
	});

	test("ends with an error where nothing could be read", async () => {
		const { errors, code } = await command(["prosody", folder()], { DATA_DIR: join(folder(), "data") });
		expect(errors).toStartWith("Nothing was found: mod_push_appserver stored nothing in");
		expect(code).toBe(1);
	});
});

test("100,000 registrations come over within a bounded memory, and each old secret is good", async () => {
	const COUNT = 100_000;
	const path = join(folder(), "prosody.sqlite");
	const endpointOf = (i: number) =>
		`https://updates.push.services.mozilla.com/wpush/v2/${"x".repeat(100)}${i}`;
	const nodeOf = (i: number) => `${NODE}-${i}`;
	const secretOf = (i: number) => new Bun.CryptoHasher("sha256").update(`secret ${i}`).digest("hex");
	const now = new Date().toISOString().replace(/\.\d+/, "");
	function* stored() {
		for (let i = 0; i < COUNT; i++) {
			const times = { registered: now, renewed: now, last_successful_push: now };
			const data = { type: "webpush", node: nodeOf(i), token: endpointOf(i), secret: secretOf(i), ...times };
			yield { host: HOST, node: nodeOf(i), data };
		}
	}
	writeSqliteStorage(path, stored());
	const dataFolder = join(folder(), "data");

	const first = await command(["prosody", path], { DATA_DIR: dataFolder });
	console.log(first.output);
	expect(first.output).toContain("Imported 100,000, updated 0, unchanged 0, skipped 0.");
	expect(first.code).toBe(0);
	const memory = Number(/([\d,]+) MiB/.exec(first.output)?.[1]?.replaceAll(",", ""));
	// Bun with its code alone takes some 80; all registrations at once would take hundreds more.
	expect(memory).toBeLessThan(320);

	const { db, client } = await openDatabase({ url: `file:${dataFolder}/reveille.db`, migrations: "shared" });
	try {
		const secretKey = readFileSync(join(dataFolder, "secret.key"), "utf8").trim();
		const keyring = withFormerSecrets(await createKeyring(secretKey), createFormerSecrets(db));
		for (let i = 0; i < COUNT; i += 97) {
			expect(await keyring.verify(nodeOf(i), secretOf(i))).toBe("ok");
			expect(await keyring.verify(nodeOf(i), secretOf(i + 1))).toBe("wrong");
		}
		const { rows } = await client.execute("SELECT count(*) AS n FROM registrations");
		expect(rows[0]?.n).toBe(COUNT);
	} finally {
		client.close();
	}

	const second = await command(["prosody", path], { DATA_DIR: dataFolder });
	console.log(second.output);
	expect(second.output).toContain("Imported 0, updated 0, unchanged 100,000, skipped 0.");
}, 240_000);
