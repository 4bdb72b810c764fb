import { describe, expect, test } from "bun:test";
import { AnswerTooLarge, wholeAnswer } from "../../src/limits/answer-size.ts";

/** A body of so many pieces of a kilobyte; Infinity: it never ends. @param onEnd is told that nobody reads on */
function bodyOf(pieces: number, onEnd: (sent: number) => void = () => {}) {
	let sent = 0;
	return new ReadableStream<Uint8Array<ArrayBuffer>>({
		pull(controller) {
			if (sent++ < pieces) controller.enqueue(new Uint8Array(1024));
			else controller.close();
		},
		cancel: () => onEnd(sent),
	});
}

describe("an answer that is read to its end", () => {
	test("is the same answer: status, headers and body", async () => {
		const whole = await wholeAnswer(
			new Response(bodyOf(3), { status: 418, headers: { "X-Says": "so" } }),
			3 * 1024,
		);
		expect(whole.status).toBe(418);
		expect(whole.headers.get("X-Says")).toBe("so");
		expect(await whole.bytes()).toHaveLength(3 * 1024);
	});

	test("is let go of at the first byte too many, however long it goes on", async () => {
		let sent = 0;
		const endless = new Response(bodyOf(Number.POSITIVE_INFINITY, (all) => (sent = all)));
		await expect(wholeAnswer(endless, 4 * 1024)).rejects.toThrow(AnswerTooLarge);
		expect(sent).toBeGreaterThanOrEqual(5);
		expect(sent).toBeLessThan(8);
	});

	test.each(["", "0x10", "5, 5", "many", "-1"])(
		"is bounded too where it says %p of its length",
		async (length) => {
			const endless = new Response(bodyOf(Number.POSITIVE_INFINITY), {
				headers: { "Content-Length": length },
			});
			await expect(wholeAnswer(endless, 4 * 1024)).rejects.toThrow(AnswerTooLarge);
		},
	);

	test("is not read at all when it says beforehand that it is too long", async () => {
		let sent = Number.NaN;
		const long = new Response(
			bodyOf(100, (all) => (sent = all)),
			{ headers: { "Content-Length": "102400" } },
		);
		await expect(wholeAnswer(long, 4 * 1024)).rejects.toThrow(AnswerTooLarge);
		expect(sent).toBeLessThan(2);
	});

	test("is given up when its time is over, though the next byte never comes", async () => {
		const deadline = new AbortController();
		let isLetGo = false;
		const hangs = new ReadableStream({
			pull: () => new Promise(() => {}),
			cancel() {
				isLetGo = true;
			},
		});
		const reading = wholeAnswer(new Response(hangs), 1024, deadline.signal);
		deadline.abort(new Error("too late"));
		await expect(reading).rejects.toThrow("too late");
		expect(isLetGo).toBe(true);
	});

	test("may have no body", async () => {
		expect((await wholeAnswer(new Response(null, { status: 204 }), 1)).status).toBe(204);
	});
});
