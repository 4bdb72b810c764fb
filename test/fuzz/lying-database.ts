/** A libSQL server whose answers are changed on their way: what is asked really happens, and is told otherwise. */
import fc, { type Arbitrary } from "fast-check";
import { type Sqld, startSqld } from "../peers/sqld.ts";
import { anyText } from "./hostile.ts";

/** One change: of which part, which kind, and what comes in its place. */
type Lie = readonly [part: number, kind: number, other: unknown];

/** What it does with its answers, as long as it lies. */
export interface Lies {
	readonly changes: readonly Lie[];
	readonly status: number;
}

export interface LyingDatabase {
	/** For `connect`. */
	readonly url: string;
	/** Every answer is changed so while something is done; otherwise all are true. @returns what that comes to */
	lying<Result>(lies: Lies, act: () => Promise<Result>): Promise<Result>;
	/** All that it answered while it lied last. */
	said(): string;
	stop(): Promise<void>;
}

const anyLie: Arbitrary<Lie> = fc.tuple(
	fc.nat(200),
	fc.nat(6),
	fc.oneof(
		fc.constantFrom<unknown>(
			null,
			true,
			-1,
			0,
			2 ** 53,
			1e308,
			"",
			"null",
			"9".repeat(400),
			[],
			{},
			[[]],
			[{}],
			[null],
		),
		fc.constantFrom("ok", "error", "none", "execute", "batch", "close", "integer", "float", "text", "blob"),
		fc.constantFrom("http://127.0.0.1:1/", "file:///etc/passwd", "no URL"),
		anyText,
		fc.jsonValue({ maxDepth: 2 }),
	),
);

export const lies: Arbitrary<Lies> = fc.record({
	changes: fc.array(anyLie, { minLength: 1, maxLength: 3 }),
	status: fc.constantFrom(200, 200, 200, 200, 200, 200, 200, 200, 201, 400, 401, 404, 429, 500, 502),
});

/** All objects and lists inside, the whole first. */
function partsOf(value: unknown): (Record<string, unknown> | unknown[])[] {
	if (typeof value !== "object" || value === null) return [];
	const inside = (Array.isArray(value) ? value : Object.values(value)).flatMap(partsOf);
	return [value as Record<string, unknown>, ...inside];
}

function tell(answer: unknown, [which, kind, given]: Lie): unknown {
	const other = structuredClone(given);
	const parts = partsOf(answer);
	const part = parts[which % Math.max(1, parts.length)] as Record<string, unknown>;
	if (!part) return other;
	const names = Object.keys(part);
	const name = names[which % Math.max(1, names.length)];
	if (kind === 0 || name === undefined) return other;
	if (Array.isArray(part)) {
		if (kind === 1) part.splice(0);
		else if (kind === 2) part.push(structuredClone(part[0]));
		else if (kind === 3) part.splice(Number(name), 1);
		else part[Number(name)] = other;
	} else if (kind === 1) delete part[name];
	else if (kind === 2) part[name] = [part[name]];
	else if (kind === 3) part[name] = { [name]: part[name] };
	else part[name] = other;
	return answer;
}

export async function startLyingDatabase(): Promise<LyingDatabase> {
	const sqld: Sqld = await startSqld();
	let now: Lies | undefined;
	let said = "";

	const server = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		async fetch(request) {
			const its = now;
			const { pathname } = new URL(request.url);
			const answer = await fetch(sqld.httpUrl + pathname, {
				method: request.method,
				headers: { "Content-Type": "application/json" },
				body: await request.text(),
			});
			const text = await answer.text();
			if (!its)
				return new Response(text, { status: answer.status, headers: { "Content-Type": "application/json" } });
			// The list of changes may make it `undefined`, which is no JSON.
			const changed = JSON.stringify(its.changes.reduce(tell, JSON.parse(text))) ?? "";
			said += changed;
			return new Response(changed, { status: its.status, headers: { "Content-Type": "application/json" } });
		},
	});

	return {
		url: `http://127.0.0.1:${server.port}`,
		async lying(its, act) {
			said = "";
			now = its;
			try {
				return await act();
			} finally {
				now = undefined;
			}
		},
		said: () => said,
		async stop() {
			await server.stop(true);
			await sqld.stop();
		},
	};
}
