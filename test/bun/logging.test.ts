import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { lineOf } from "../../src/bun/logging.ts";
import { StartError } from "../../src/bun/start-error.ts";
import { about, withId } from "../../src/messages/about.ts";

const record = (properties: Record<string, unknown>) => ({
	category: ["reveille"],
	level: "warning" as const,
	message: ["", "push@example.org/push", " is not online."],
	rawMessage: "{address} is not online.",
	timestamp: Date.UTC(2026, 0, 2),
	properties,
});

describe("a line of the log", () => {
	test("ends with the id of its message", () => {
		expect(lineOf(record(about("xmpp-away", { address: "push@example.org/push" })))).toBe(
			"2026-01-02T00:00:00.000Z [WARNING] reveille: push@example.org/push is not online. [xmpp-away]\n",
		);
	});

	test("ends as it is written where it has none", () => {
		expect(lineOf(record({}))).toEndWith(" is not online.\n");
	});
});

test("a line may name the database and the data folder without being given them, and secrets of its URL are not there", () => {
	const program = `
		import { startLogging } from ${JSON.stringify(join(import.meta.dir, "../../src/bun/logging.ts"))};
		const database = { url: "libsql://user:sesame@db.example.net?authToken=sesame" };
		const log = await startLogging({ logLevel: "info", database, dataDir: "/var/lib/reveille" });
		log.warn("{database} is away, {dataDir} is not: {error}", { error: "E" });
		log.debug("not at this level");
	`;
	const { stderr } = Bun.spawnSync([process.execPath, "--eval", program]);
	expect(stderr.toString()).toEndWith(
		"[WARNING] reveille: libsql://db.example.net is away, /var/lib/reveille is not: E\n",
	);
	expect(stderr.toString().split("\n")).toHaveLength(2);
});

test("a refusal ends with its id, and one of several lines has it on a line of its own", () => {
	expect(withId("It is full.", "disk-full")).toBe("It is full. [disk-full]");
	expect(withId("The settings do not work:\n  PORT", "settings-unfit")).toBe(
		"The settings do not work:\n  PORT\n[settings-unfit]",
	);
});

test("an id that is not in the catalogue does not compile", () => {
	// @ts-expect-error: a misspelt one
	expect(about("xmpp-awya").id).toBeString();
	// @ts-expect-error: nor where a start is refused
	expect(new StartError("disk-ful", "It is full.").id).toBeString();
});
