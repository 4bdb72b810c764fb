/** A clock that is wrong: who may say so, and how often it is told. */
import { describe, expect, test } from "bun:test";
import type { Logger } from "@logtape/logtape";
import { createClockWatch } from "../../../src/connector/checks/clock.ts";
import { answerBounds } from "../../../src/limits/bounds/answers.ts";

const NOW = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

function watch() {
	const logged: string[] = [];
	const write = (message: string, values: Record<string, unknown>) =>
		logged.push(message.replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name])));
	const time = { now: NOW, steady: 0 };
	const made = createClockWatch({
		log: { info: write, warn: write } as unknown as Pick<Logger, "info" | "warn">,
		now: () => time.now,
		steady: () => time.steady,
	});
	return { ...made, logged, time };
}

describe("a clock that differs", () => {
	test("by two minutes is nothing, by more is told, once", () => {
		const { said, off, logged } = watch();
		said("example.net", NOW + 2 * MINUTE);
		said("example.net", NOW - 2 * MINUTE);
		said("example.net", Number.NaN);
		expect(off()).toEqual([]);
		for (let again = 0; again < 3; again++) said("example.net", NOW + 10 * MINUTE + again);
		expect(off()).toEqual([
			"example.net says that it is 10 minutes later than this machine's clock. If that clock is wrong, set it (chrony or systemd-timesyncd keep it right): push services refuse what is signed in another time.",
		]);
		expect(logged).toEqual(off());
	});

	test("is told again when it changes, and when it is right", () => {
		const { said, off, logged } = watch();
		said("example.net", NOW + 10 * MINUTE);
		said("example.net", NOW - 90 * MINUTE);
		expect(logged[1]).toContain("90 minutes earlier");
		said("example.net", NOW + MINUTE);
		expect(logged[2]).toBe("example.net and this machine's clock agree again.");
		said("example.net", NOW);
		expect(logged).toHaveLength(3);
		expect(off()).toEqual([]);
	});

	test("of many is told of some", () => {
		const { said, off } = watch();
		for (let host = 0; host < 100; host++) said(`host${host}`, NOW + 10 * MINUTE);
		expect(off()).toHaveLength(answerBounds.clocks.is);
	});
});

describe("answers of push services", () => {
	const dated = (date: number) => async () =>
		new Response(null, { headers: { Date: new Date(date).toUTCString() } });

	test("are looked at once a minute, and handed on as they are", async () => {
		const { watching, off, time } = watch();
		let date = NOW;
		const fetch = watching(() => dated(date)());
		await fetch("https://fcm.googleapis.com/send", {});
		date = NOW + 10 * MINUTE;
		await fetch("https://fcm.googleapis.com/send", {});
		expect(off()).toEqual([]);
		time.steady += MINUTE;
		const answer = await fetch("https://fcm.googleapis.com/send", {});
		expect(answer.headers.has("Date")).toBe(true);
		expect(off().join()).toStartWith("fcm.googleapis.com says that it is 10 minutes later");
	});

	test("of a host that a stranger named say nothing, and keep nobody else from being heard for long", async () => {
		const { watching, off, time } = watch();
		const fetch = watching(
			dated(NOW + 10 * MINUTE),
			(url) => url.hostname === "updates.push.services.mozilla.com",
		);
		await fetch("https://stranger.example/", {});
		expect(off()).toEqual([]);
		await fetch("https://updates.push.services.mozilla.com/", {});
		expect(off()).toEqual([]);
		time.steady += 1000;
		await fetch("https://updates.push.services.mozilla.com/", {});
		expect(off()).toHaveLength(1);
	});

	test("without a date, and requests that fail, say nothing", async () => {
		const { watching, off, time } = watch();
		await watching(async () => new Response())("https://a.example/", {});
		time.steady += MINUTE;
		const failing = watching(() => Promise.reject(new Error("gone")));
		await expect(failing("https://a.example/", {})).rejects.toThrow("gone");
		expect(off()).toEqual([]);
	});
});
