/** Whatever comes, it is read with the scanner as without. */
import { expect, test } from "bun:test";
import { randomPublish } from "./random-publishes.ts";
import { randomPush2 } from "./random-push2.ts";
import { compareReaders } from "./scanned-stanzas.ts";

test.each([
	["publishes", randomPublish],
	["messages of Push 2.0", randomPush2],
])(
	"100,000 %s, whole, spoilt and in pieces, are read as the parser alone reads them",
	(_what, write) => {
		// Another one each time, which a failure names.
		const seed = Number(process.env.FUZZ_SEED ?? crypto.getRandomValues(new Int32Array(1))[0]);
		expect(compareReaders(write, 100_000, seed)).toBeGreaterThan(20_000);
	},
	60_000,
);
