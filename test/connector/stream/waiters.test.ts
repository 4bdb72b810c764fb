import { expect, test } from "bun:test";
import { createWaiters } from "../../../src/connector/stream/waiters.ts";

test("all who wait go on when the event comes, and who asks later waits for the next one", async () => {
	const event = createWaiters();
	const went: string[] = [];
	const goes = (name: string) => event.wait().then(() => went.push(name));
	const both = [goes("first"), goes("second")];
	event.wake();
	const later = goes("later");
	await Promise.all(both);
	expect(went).toEqual(["first", "second"]);
	event.wake();
	await later;
	expect(went).toEqual(["first", "second", "later"]);
});
