import { expect, test } from "bun:test";
import { tellOfKeys } from "../../../src/connector/checks/old-keys.ts";
import { readableLog } from "../../delivery/delivery-fixture.ts";

const current = { key: "ccccc", state: "current", count: 9 } as const;
const old = (key: string, count: number) => ({ key, state: "old", count }) as const;

/** What is said, without levels and braces. */
function said(...uses: Parameters<typeof tellOfKeys>[0]) {
	const { log, lines } = readableLog();
	tellOfKeys(uses, log);
	return lines;
}

test("nothing is said where the key was never changed", () => {
	expect(said(current)).toEqual([]);
});

test("each old key is needed or can be taken out, by its place in SECRET_KEY_OLD", () => {
	const [one, two, ...more] = said(current, old("aaaaa", 3), old("bbbbb", 0), old("imported", 0));
	expect(one).toMatch(/^info .*it is needed.*"count":3,"place":1,"key":"aaaaa"/);
	expect(two).toMatch(/^info No registration stands .*can be taken out.*"place":2,"key":"bbbbb"/);
	expect(more).toEqual([]);
});

test("no key can be taken out while imported registrations may need it", () => {
	const lines = said(current, old("aaaaa", 0), old("imported", 2));
	expect(lines).toHaveLength(1);
	expect(lines[0]).toMatch(/^info .*imported.*are needed.*"count":2/);
});

test("who stands on a key that is gone is a warning, and nobody is not", () => {
	const gone = (key: string, count: number) => ({ key, state: "gone", count }) as const;
	const lines = said(current, gone("aaaaa", 4), gone("bbbbb", 0), gone("imported", 2));
	expect(lines).toHaveLength(2);
	expect(lines[0]).toMatch(/^warn .*not configured.*"count":4,"key":"aaaaa"/);
	expect(lines[1]).toMatch(/^warn .*imported.*"count":2/);
});
