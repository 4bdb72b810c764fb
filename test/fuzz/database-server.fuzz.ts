/** A libSQL server that says anything: publishes wait, nobody is told to be unknown, and the process goes on. */
import fc from "fast-check";
import { connect, openDatabase } from "../../src/bun/database/open.ts";
import { createRegistrations } from "../../src/store/registrations/registrations.ts";
import type { Notification, Outcome } from "../../src/types.ts";
import { OWNER, openDeliveryFixture, PLENTY, TOKEN } from "../delivery/delivery-fixture.ts";
import { startTestServer, subscription } from "../routes/routes-fixture.ts";
import { claim, same } from "./claims.ts";
import { lies, startLyingDatabase } from "./lying-database.ts";
import { startOddServer } from "./odd-server.ts";
import { eventually, type Fuzzed } from "./property.ts";

/** What an answer of the database may take, and what the kernel keeps for both ends. */
const MOST_BYTES = 64 * 2 ** 20;

const server = await startLyingDatabase();
const { db, client } = await openDatabase({ url: server.url, migrations: "shared" });
const registrations = createRegistrations(db, PLENTY, { turn: async () => {} });
const fixture = await openDeliveryFixture({ registrations });
const { app } = await startTestServer({ registrations });

const wanted = { owner: OWNER, app: "webpush", device: "phone", token: TOKEN };
const made = await registrations.register(wanted, () => fixture.keyring.createNode());
if (made.kind === "over-quota") throw new Error(made.kind);
const { node } = made.registration;
const secret = await fixture.keyring.secretOf(node);

/** Without a text of its own, of which a device gets one a second. */
const WAKE_UP: Notification = { class: "high", count: 1 };

/** There again, if a push service's word ended it. */
async function restore(): Promise<void> {
	if (await registrations.findAtPrimary(node)) return;
	await registrations.registerInBatch(wanted, node);
}

/** The answer of a server that was never asked for what it holds. */
const NOTHING = JSON.stringify({ baton: null, base_url: null, results: [] });
const odd = startOddServer(NOTHING, MOST_BYTES);

export const fuzzed: Fuzzed = {
	name: "a database server's answers",
	properties: [
		eventually(
			"make a publish wait, unless they say that all is well, or in so many words that there is no such row",
			{ weight: 2, most: 30_000 },
			fc.tuple(
				lies,
				fc.constantFrom<Outcome["kind"]>("delivered", "gone", "retry", "rejected"),
				fc.boolean(),
			),
			async ([its, kind, isRight]) => {
				fixture.service.program.splice(0);
				fixture.service.program.push({ kind, reason: "so it is told" } as Outcome);
				const answer = await server.lying(its, () =>
					fixture.delivery.publish({
						node,
						secret: isRight ? secret : "x".repeat(43),
						notification: WAKE_UP,
					}),
				);
				const what = () => `${Bun.inspect(answer)} after ${server.said()}`;
				if (!isRight) return same(answer.kind, "unknown", what());
				claim(["done", "wait", "unknown", "refused"].includes(answer.kind), what);
				const isToldSo = its.status < 300 && server.said().includes('"value":"[]"');
				if (answer.kind === "unknown") claim(kind === "gone" || isToldSo, what);
				await restore();
			},
		),
		eventually("make registering fail for now, if at all", { weight: 1, most: 10_000 }, lies, async (its) => {
			const answer = await server.lying(its, async () =>
				app.request("/api/v1/registrations", {
					method: "POST",
					headers: { "Content-Type": "application/json" },
					body: JSON.stringify({ subscription: subscription() }),
				}),
			);
			claim([201, 429, 503].includes(answer.status), () => `${answer.status} after ${server.said()}`);
		}),
		eventually(
			"over a real socket are taken up to a bound",
			{ weight: 1, most: 1_500 },
			odd.answers,
			async (answer) => {
				const { bytes } = await odd.serve(answer, async (url) => {
					const other = await connect({ url, deadlineMs: 2_000 });
					const said = await other.execute("SELECT 1").catch((error: unknown) => error);
					other.close();
					claim(said instanceof Error, () => `${answer.name} is taken for rows`);
					return false;
				});
				claim(bytes < MOST_BYTES, () => `${answer.name}: ${bytes} bytes were taken`);
			},
		),
	],
	async close() {
		client.close();
		odd.stop();
		await fixture.close();
		await server.stop();
	},
};
