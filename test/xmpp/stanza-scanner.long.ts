import { expect, test } from "bun:test";
import { randomPublish } from "./random-publishes.ts";
import { randomPush2 } from "./random-push2.ts";
import { compareReaders } from "./scanned-stanzas.ts";

const CASES = 10_000_000;

test.each([
	["publishes", randomPublish],
	["messages of Push 2.0", randomPush2],
])(
	"ten million %s are read as the parser alone reads them",
	(what, write) => {
		const seed = Number(process.env.FUZZ_SEED ?? crypto.getRandomValues(new Int32Array(1))[0]);
		const scanned = compareReaders(write, CASES, seed);
		console.log(`compared ${CASES} ${what}, of which the scanner read ${scanned}`);
		expect(scanned).toBeGreaterThan(CASES / 5);
	},
	3_600_000,
);
