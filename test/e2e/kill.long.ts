/**
 * SIGKILL at random moments of 200 runs, with every publish accounted for: 180 runs behind a component socket, 20
 * behind real servers. `KILL_SEED=17 bun test ./test/e2e/kill.long.ts` makes the choices of run 17 again.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { type Choices, choicesOf, MOMENTS } from "./kill/choices.ts";
import { killRuns } from "./kill/runs.ts";
import { wayOfDouble, wayOfServer } from "./kill/way-in.ts";
import { type ServerName, startServer, type Transport } from "./scene.ts";

const ONLY = process.env.KILL_SEED === undefined ? undefined : Number(process.env.KILL_SEED);

/** The runs from one seed to another, or the one that is asked for. */
const runs = (from: number, count: number): Choices[] =>
	Array.from({ length: count }, (_, index) => from + index)
		.filter((seed) => ONLY === undefined || seed === ONLY)
		.map((seed) => choicesOf(seed));

const LONG_MS = 900_000;

test(
	"180 runs behind a component socket",
	async () => {
		const { faults } = await killRuns(runs(1, 180), wayOfDouble, { atOnce: 4 });
		expect(faults).toEqual([]);
	},
	LONG_MS,
);

/** How long a publish may be kept from being acknowledged, by one before it whose answer hangs, ms. */
const RESENT_MS = 2_500;

describe.each<[ServerName, Transport, number]>([
	["prosody", "account", 181],
	["prosody", "component", 186],
	["ejabberd", "account", 191],
	["ejabberd", "component", 196],
])("5 runs behind a real %s, connected as %s", (program, transport, from) => {
	let server: XmppServer;
	beforeAll(async () => {
		// Prosody refuses to resume beyond 500 stanzas in its queue.
		server = await startServer(program, { ...(program === "prosody" && { resumeQueue: 5_000 }) });
		await server.addUsers(["push", "alice"], "secret");
	}, 60_000);
	afterAll(() => server?.stop(), 60_000);

	test("nothing is lost", async () => {
		const slower = runs(from, 5).map((choices) => ({
			...choices,
			// Each kind has its turn at each server's, as far as five go.
			moment: MOMENTS[choices.seed % MOMENTS.length] ?? choices.moment,
			// A user's connection and a server are on the way; and there is more to be acknowledged before.
			perSecond: choices.perSecond / 4,
			killAfterMs: 3 * choices.killAfterMs,
		}));
		const isAccount = transport === "account";
		const { faults } = await killRuns(slower, () => wayOfServer(server, transport, "alice"), {
			atOnce: 1,
			keepsAll: isAccount,
			// What a component is not there for, its server bounces in its own name.
			isServers: (answer) => !isAccount && !/item-not-found|internal-server-error/.test(answer),
			...(isAccount && { resentMs: RESENT_MS }),
		});
		expect(faults).toEqual([]);
	}, 300_000);
});
