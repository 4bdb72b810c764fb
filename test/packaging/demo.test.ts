/** The demo, started from a folder that is not the project's: what it shows, and that nothing of it stays. */
import { afterEach, expect, test } from "bun:test";
import { ROOT } from "../files.ts";
import { runDemo } from "../peers/demo.ts";
import { alive, familyOf } from "../peers/process-table.ts";

const cleanups: (() => unknown)[] = [];
afterEach(() => {
	for (const end of cleanups.splice(0).reverse()) end();
});

function startDemo(...args: string[]) {
	const demo = runDemo(ROOT, args);
	cleanups.push(() => demo.kill());
	return demo;
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

		demo.type("Wherefore art thou?");
		await demo.untilSaid('"body":"Wherefore art thou?"');

		const family = familyOf(demo.pid);
		expect(family.length).toBeGreaterThan(2);
		demo.signal(signal);
		// As the terminal and `bun run` both send it.
		demo.signal(signal);
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
	const family = familyOf(demo.pid);
	demo.signal("SIGTERM");
	const { said, ...end } = await demo.ended();
	expect(end).toEqual({ stderr: "", code: 143, left: [] });
	expect(said).toContain("nothing is left behind");
	// What it had just asked for ends by itself: a command that makes an account, say.
	while (family.some(alive)) await Bun.sleep(10);
}, 60_000);
