import { expect, test } from "bun:test";
import { compareReaders } from "./scanned-publishes.ts";

const CASES = 10_000_000;

test("ten million publishes are read as the parser alone reads them", () => {
	const seed = Number(process.env.FUZZ_SEED ?? crypto.getRandomValues(new Int32Array(1))[0]);
	const scanned = compareReaders(CASES, seed);
	console.log(`compared ${CASES} publishes, of which the scanner read ${scanned}`);
	expect(scanned).toBeGreaterThan(CASES / 5);
}, 3_600_000);
