/** The whole siege, as tests: one for each deed, and one for what is left at the end. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { ServerName, Transport } from "../scene.ts";
import { BYSTANDERS } from "./bystanders.ts";
import { DEEDS } from "./deeds.ts";
import type { Deed } from "./means.ts";
import { openSiege, type Siege } from "./siege.ts";

/** Registers the tests of one server and one way to it. @param deeds default: those that are not too large for each run */
export function siegeTests(program: ServerName, transport: Transport, deeds: readonly Deed[] = DEEDS): void {
	describe(`${BYSTANDERS} users of a real ${program}, with Reveille as its ${transport}, are pushed to within 2 s while a stranger`, () => {
		let siege: Siege;
		beforeAll(async () => {
			siege = await openSiege(program, transport);
		}, 120_000);
		afterAll(() => siege?.stop(), 60_000);

		test.each(deeds.map((deed) => [deed.what, deed] as const))(
			"%s",
			async (_, deed) => {
				const watched = await siege.bystanders.watchedWhile(() => deed.do(siege));
				console.log(JSON.stringify(watched));
				if (watched.late > 0) console.log(siege.scene.reveille.log().slice(-6_000));
				if (!deed.mayDelay) expect(watched).toMatchObject({ late: 0, first: [] });
			},
			120_000,
		);

		test("has done his worst: every registration is still enabled at its server", async () => {
			expect(await siege.bystanders.forgotten()).toEqual([]);
		}, 60_000);
	});
}
