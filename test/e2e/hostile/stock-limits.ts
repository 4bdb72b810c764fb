/**
 * The same deeds with the rate limits of the servers' packages in force, for Reveille's account too: what they keep
 * from it, and what they cost everybody. `bun test/e2e/hostile/stock-limits.ts` writes the figures to
 * `stock-limits.txt`, which is committed.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { servers, type Transport } from "../scene.ts";
import { BYSTANDERS, type Watched } from "./bystanders.ts";
import { DEEDS } from "./deeds.ts";
import { openSiege, type Siege } from "./siege.ts";
import { letStrangerIn } from "./stranger.ts";

/** Under a limit most deeds would take minutes: each is cut short, with the stranger's connections, ms. */
const DEED_MS = 10_000;
const OUTPUT = join(import.meta.dir, "stock-limits.txt");

const lines = [
	`${BYSTANDERS} users are messaged, 12 times a second in all, while a stranger does his worst for ${DEED_MS / 1000} s each.`,
	"The servers limit everybody's rate as their packages do, Reveille's account too. A push is late that comes more than",
	"2 s after its message was handled, and lost that has not come 15 s after the last one. Made by:",
	"bun test/e2e/hostile/stock-limits.ts",
];
const say = (line: string) => {
	console.log(line);
	lines.push(line);
};

const cell = (figure: number) => (Number.isFinite(figure) ? String(figure) : "-").padStart(9);

/** @param after how long it took until pushes were in time again, ms */
const shown = ({ messages, late, never, slowestMs, p95Ms }: Watched, after: number) =>
	[messages, late, never, p95Ms, slowestMs, Math.round(after / 1000)].map(cell).join("");

/** Resolves when pushes are in time again, after so many ms. */
async function recovered({ bystanders }: Siege): Promise<number> {
	const startedAt = performance.now();
	for (;;) {
		const after = performance.now() - startedAt;
		// So long messages are sent, and their pushes timed.
		if ((await bystanders.watchedWhile(() => Bun.sleep(500))).late === 0) return after;
	}
}

for (const program of servers) {
	for (const transport of ["account", "component"] satisfies Transport[]) {
		const siege = await openSiege(program, transport, { limits: "stock" });
		say(`\n${program}, ${transport}`);
		say(" messages     late     lost p95, ms  slowest  over, s  while the stranger …");
		for (const deed of DEEDS) {
			const stranger = await letStrangerIn(siege.scene);
			const watched = await siege.bystanders.watchedWhile(async () => {
				// What he cannot do in time, or at all, is not a fault here.
				const doing = deed.do({ ...siege, stranger }).catch(() => {});
				await Promise.race([doing, Bun.sleep(DEED_MS)]);
				await stranger.cutOff();
			});
			say(`${shown(watched, await recovered(siege))}  ${deed.what}`);
		}
		say(`registrations that were lost: ${(await siege.bystanders.forgotten()).length}`);
		await siege.stop();
	}
}
writeFileSync(OUTPUT, `${lines.join("\n")}\n`);
process.exit(0);
