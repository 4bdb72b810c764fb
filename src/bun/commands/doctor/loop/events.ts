/** Reads what the running Reveille tells of a publish to its device. */

import type { Running } from "../../running.ts";
import type { LoopEvent } from "../../served/loop-events.ts";

export interface LoopReader {
	/** What to publish to. */
	readonly device: { node: string; secret: string };
	/** When each leg was reached first, by name. */
	legs(): ReadonlyMap<string, number>;
	/** What the device read; rejects where the device ends before. */
	readonly body: Promise<string>;
	/** The device ends with it. */
	close(): void;
}

/** Has a device made. @throws where none is to be had */
export async function openLoop({ ask }: Pick<Running, "ask">, signal: AbortSignal): Promise<LoopReader> {
	const ending = new AbortController();
	const answer = await ask("/doctor/loop", {
		method: "POST",
		signal: AbortSignal.any([signal, ending.signal]),
	});
	const events = linesOf(answer);
	const { value: first } = await events.next();
	if (first?.kind !== "device") {
		ending.abort();
		throw new Error("Reveille has too many devices of doctor at once: wait a minute");
	}
	const legs = new Map<string, number>();
	const read = Promise.withResolvers<string>();
	read.promise.catch(() => {});
	void (async () => {
		try {
			for await (const event of events) {
				if (event.kind !== "leg") continue;
				if (!legs.has(event.leg)) legs.set(event.leg, event.at);
				if (event.body !== undefined) read.resolve(event.body);
			}
		} catch {
			// It was closed.
		}
		read.reject(new Error("the device ended before a push came"));
	})();
	return { device: first, legs: () => legs, body: read.promise, close: () => ending.abort() };
}

async function* linesOf(answer: Response): AsyncGenerator<LoopEvent, undefined> {
	const decoder = new TextDecoder();
	let rest = "";
	for await (const bytes of answer.body ?? []) {
		rest += decoder.decode(bytes, { stream: true });
		const lines = rest.split("\n");
		rest = lines.pop() ?? "";
		for (const line of lines) yield JSON.parse(line) as LoopEvent;
	}
	return undefined;
}
