/** What the log says of an address that is away: what happens next, and when something is logged again. */
import { expect, test } from "bun:test";
import { createStatus } from "../../../src/connector/connection/status.ts";
import { StreamFailure } from "../../../src/connector/stream/stream.ts";

function logged() {
	const lines: string[] = [];
	const note = (line: string, values: Record<string, unknown> = {}) =>
		void lines.push(line.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name])));
	const log = { info: note, warn: note, error: note } as unknown as Parameters<typeof createStatus>[0]["log"];
	const status = createStatus({
		address: "push@example.org/push",
		kind: "account",
		timing: { backoffLongest: 60_000 },
		log,
	});
	return { status, lines };
}

const refused = new StreamFailure("other", "Cannot connect.");

test("the first line says that the pauses grow, and when the reason is logged again", () => {
	const { status, lines } = logged();
	status.retrying(refused, 0);
	expect(lines).toEqual([
		"push@example.org/push is not online: Cannot connect. Next try at once. If that fails, the pauses between tries grow to 60 s; this is logged again after 10 tries, or when the reason changes.",
	]);
});

test("what lasts is logged when the line before it said so", () => {
	const { status, lines } = logged();
	for (let tries = 0; tries < 20; tries++) status.retrying(refused, 45_000);
	expect(lines.slice(1)).toEqual([
		"push@example.org/push is not online: Cannot connect. It is so for 10 tries now. Next try in 45 s. The pauses between tries are 60 s at most; this is logged again after 20 tries, or when the reason changes.",
		"push@example.org/push is not online: Cannot connect. It is so for 20 tries now. Next try in 45 s. The pauses between tries are 60 s at most; this is logged again after 40 tries, or when the reason changes.",
	]);
});

test("another reason is logged at once", () => {
	const { status, lines } = logged();
	status.retrying(refused, 0);
	status.retrying(new StreamFailure("other", "The certificate has expired."), 500);
	expect(lines).toHaveLength(2);
	expect(lines[1]).toContain(
		"The certificate has expired. Next try in 0.5 s. If that fails, the pauses between tries grow to 60 s; ",
	);
});

test("a refused password is tried at the same pauses, which do not grow", () => {
	const { status, lines } = logged();
	status.retrying(new StreamFailure("credentials", "The password is wrong."), 300_000);
	expect(lines[0]).toEndWith(
		"The password is wrong. Next try in 300 s. It is tried every 300 s; this is logged again after 10 tries, or when the reason changes.",
	);
});

test("who waits for an address that another connection has asks often, and logs it once", () => {
	const { status, lines } = logged();
	for (let tries = 0; tries < 20; tries++) {
		status.retrying(new StreamFailure("address-held", "It is held."), 1_000);
	}
	expect(lines).toEqual([
		"push@example.org/push is not online: It is held. Next try in 1 s. It is tried every 1 s; this is logged again only when the reason changes.",
	]);
});
