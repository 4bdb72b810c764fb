import { expect, test } from "bun:test";
import { partyOf, UNKNOWN_PARTY } from "../../../src/delivery/gates/party.ts";
import { createProven } from "../../../src/delivery/outcomes/proven-devices.ts";

test("a device is proven as soon as its token was delivered to, and another token of it is not", () => {
	const proven = createProven();
	const device = { node: "phone", token: "one" };
	expect(proven.has(device)).toBe(false);
	proven.note(device);
	expect(proven.has(device)).toBe(true);
	expect(proven.has({ ...device, token: "two" })).toBe(false);
	expect(proven.has({ ...device, node: "other" })).toBe(false);
});

test("it is proven where the database says so, whoever delivered to it", () => {
	expect(createProven().has({ node: "phone", token: "one", lastSuccessAt: 1 })).toBe(true);
});

test("those that the database does not know yet are remembered in a bounded number, the latest", () => {
	const proven = createProven();
	for (let n = 0; n < 100_000; n++) proven.note({ node: `${n}`, token: "t" });
	expect(proven.has({ node: "99999", token: "t" })).toBe(true);
	expect(proven.has({ node: "90001", token: "t" })).toBe(true);
	expect(proven.has({ node: "0", token: "t" })).toBe(false);
});

test.each([
	["the note of it", { owner: "romeo@chat.example.net", party: "hash" }, "hash"],
	["the owner's registrable domain", { owner: "romeo@chat.example.co.uk" }, "example.co.uk"],
	["nobody that is known", { owner: "" }, UNKNOWN_PARTY],
])("who counts as one behind a device is %s", (_, device, party) => {
	expect(partyOf(device)).toBe(party);
});
