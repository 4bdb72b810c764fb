/** The story of a server that is well: `reveille doctor` finds nothing bad, disturbs nobody, and times the whole way. */
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Reveille } from "../peers/reveille.ts";
import { settingsOf, typed, WELL } from "./doctor.ts";
import { openScene, type Scene, type ServerName, type Transport, writeToAll } from "./scene.ts";

const PATIENCE_MS = 90_000;
const LEGS =
	/publish → here [\d.]+ m?s, → handled [\d.]+ m?s, → pushed [\d.]+ m?s, → decrypted [\d.]+ m?s, → answer/;

/** What each test leaves to be ended. */
export const ends: (() => unknown)[] = [];

export async function endAll(): Promise<void> {
	for (const end of ends.splice(0).reverse()) await end();
}

export async function openWell(program: ServerName, transport: Transport): Promise<Scene> {
	const opened = await openScene(program, { transport, settings: WELL });
	ends.push(() => opened.stop());
	return opened;
}

/** What doctor is given, as the Reveille of the scene was. */
export function settings({ reveille, server, endpoint }: Scene, transport: Transport) {
	const [component] = server.components;
	return settingsOf(reveille, server, {
		// One push service that is reached, also where there is no internet.
		UBUNTU_URL: endpoint.origin,
		...(transport === "component" && {
			XMPP_SERVICE: server.componentUrl,
			XMPP_DOMAIN: component?.domain,
			XMPP_USERNAME: undefined,
			XMPP_PASSWORD: component?.secret,
		}),
	});
}

export const socketOf = ({ dataFolder }: Reveille) => join(dataFolder, "reveille.sock");

/** Registers the test of one server and one way to it. */
export function tellOfWellServer(program: ServerName, transport: Transport): void {
	afterEach(endAll, 60_000);

	describe(`a real ${program} that is well, by the ${transport}`, () => {
		test(
			"is found well while Reveille runs, which is not disturbed, and after it ended",
			async () => {
				const opened = await openWell(program, transport);
				const { reveille } = opened;
				const before = reveille.log().length;
				const running = await typed(["doctor"], settings(opened, transport));
				expect(running.lines("bad")).toEqual([]);
				expect(running.code).toBe(0);
				expect(running.lines("ok").join("\n")).toMatch(LEGS);
				expect(running.lines("ok").join("\n")).toContain("this Reveille has");
				// Neither a warning nor another stream: nobody took its address, and nobody held its database.
				expect(reveille.log().slice(before)).not.toMatch(/WARNING|ERROR|is online|is not online/);
				expect(running.ms).toBeLessThan(60_000);

				const [sleeper] = await opened.sleepers("bob");
				await reveille.halt();
				const alone = await typed(["doctor"], settings(opened, transport));
				expect(alone.lines("bad")).toEqual([]);
				expect(alone.lines("ok").join("\n")).toMatch(LEGS);
				expect(alone.lines("ok").join("\n")).toContain("one ran for this alone, and has ended");
				expect(existsSync(socketOf(reveille))).toBe(false);

				await reveille.start();
				if (!sleeper) throw new Error("nobody sleeps");
				await writeToAll(opened, [sleeper]);
				await opened.endpoint.waitForPush();
			},
			PATIENCE_MS,
		);
	});
}
