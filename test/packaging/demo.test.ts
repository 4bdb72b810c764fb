/** The demo, started from a folder that is not the project's: what it shows, and that nothing of it stays. */
import { afterEach, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../peers/folder.ts";
import { guard } from "../peers/guard.ts";
import { alive, familyOf } from "../peers/process-table.ts";

const DEMO = fileURLToPath(new URL("../../examples/demo.ts", import.meta.url));

const cleanups: (() => unknown)[] = [];
afterEach(() => {
	for (const end of cleanups.splice(0).reverse()) end();
});

/** Starts it. Whatever it makes is in a folder of its own. */
function startDemo(...args: string[]) {
	const folder = temporaryFolder("demo");
	cleanups.push(() => folder.remove());
	const child = Bun.spawn([process.execPath, DEMO, ...args], {
		cwd: folder.path,
		env: { ...process.env, TMPDIR: folder.path },
		stdin: "pipe",
		stdout: "pipe",
		stderr: "pipe",
	});
	const unguard = guard(child.pid);
	cleanups.push(() => {
		child.kill("SIGKILL");
		unguard();
	});
	let said = "";
	const decoder = new TextDecoder();
	const reader = child.stdout.getReader();
	/** @returns whether there was more */
	const readOn = async () => {
		const { done, value } = await reader.read();
		if (value) said += decoder.decode(value, { stream: true });
		return !done;
	};
	return {
		child,
		/** Resolves to all that it said. @throws when it ends without this */
		async untilSaid(text: string): Promise<string> {
			while (!said.includes(text)) {
				if (!(await readOn())) throw new Error(`it did not say ${text}, but: ${said}`);
			}
			return said;
		},
		/** Resolves to all that it said, and how it ended. */
		async ended() {
			while (await readOn());
			const stderr = await new Response(child.stderr).text();
			return { said, stderr, code: await child.exited, left: readdirSync(folder.path) };
		},
	};
}

test("--help says what it does and takes, and starts nothing", async () => {
	const { said, ...end } = await startDemo("--help").ended();
	expect(end).toEqual({ stderr: "", code: 0, left: [] });
	for (const option of ["--keep", "--firefox", "--service", "--binary", "--help"])
		expect(said).toContain(`\n  ${option} `);
});

test("an option that there is not ends with the usage", async () => {
	const { stderr, code } = await startDemo("--hold").ended();
	expect(stderr).toContain("Usage: ");
	expect(code).toBe(2);
});

test("a message wakes the device, and all has ended", async () => {
	const { said, ...end } = await startDemo().ended();
	expect(end).toEqual({ stderr: "", code: 0, left: [] });
	expect(said).toContain('"body":"Art thou not Romeo?"');
	expect(said).toContain("nothing is left behind");
}, 60_000);

test.each(["SIGINT", "SIGTERM"] as const)(
	"with --keep it stays at the addresses that it says, until %s",
	async (signal) => {
		const demo = startDemo("--keep");
		const said = await demo.untilSaid("/ready");
		const [, url] = /Reveille +(http:\S+)\/docs/.exec(said) ?? [];
		const [, token] = /registering +with the token (\S+)/.exec(said) ?? [];
		const [, xmpp] = /XMPP server .* at ws(:\S+)/.exec(said) ?? [];
		expect(said).toContain("juliet@example.org, romeo@example.org, push@example.org; password: secret");
		expect((await fetch(`${url}/ready`)).status).toBe(200);
		expect((await fetch(`http${xmpp}`)).status).toBe(200);
		const registering = await fetch(`${url}/api/v1/registrations`, {
			method: "POST",
			headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
			body: "{}",
		});
		// Not 401: the token is right, and a device is missing.
		expect(registering.status).toBe(422);

		demo.child.stdin.write("Wherefore art thou?\n");
		demo.child.stdin.flush();
		await demo.untilSaid('"body":"Wherefore art thou?"');

		const family = familyOf(demo.child.pid);
		expect(family.length).toBeGreaterThan(2);
		demo.child.kill(signal);
		// As the terminal and `bun run` both send it.
		demo.child.kill(signal);
		const { said: all, ...end } = await demo.ended();
		expect(end).toEqual({ stderr: "", code: 0, left: [] });
		expect(all).toContain("nothing is left behind");
		expect(family.filter(alive)).toEqual([]);
	},
	60_000,
);

test("a signal in the middle of it ends all that was started", async () => {
	const demo = startDemo();
	await demo.untilSaid("A real Prosody serves");
	const family = familyOf(demo.child.pid);
	demo.child.kill("SIGTERM");
	const { said, ...end } = await demo.ended();
	expect(end).toEqual({ stderr: "", code: 143, left: [] });
	expect(said).toContain("nothing is left behind");
	expect(family.filter(alive)).toEqual([]);
}, 60_000);
