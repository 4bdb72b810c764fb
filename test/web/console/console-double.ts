/** `/admin/api` played: it answers with samples, knows who is signed in, and remembers what it was asked. */
import type { EventView, Session } from "../../../src/web/console/wire.ts";
import type { Stage } from "./samples.ts";
import * as samples from "./samples.ts";

export const TOKEN = "an admin token of the double";

export interface ConsoleDouble {
	/** What it tells of. */
	stage: Stage;
	/** `undefined`: nobody is signed in. */
	formToken: string | undefined;
	live: Session["live"];
	webApp: boolean;
	/** Method and path with its query, and the body of a change. */
	readonly asked: string[];
	/** What is said to a question in place of a sample, by method and path. */
	readonly instead: Map<string, () => Response>;
	fetch(request: Request): Promise<Response>;
	/** Sends an event to all streams. */
	happens(event: EventView): void;
	/** Sends to all streams how many were left out. */
	leavesOut(count: number): void;
	/** Ends all streams. */
	endStreams(): void;
	readonly streams: number;
}

export function createConsoleDouble(now: () => number = Date.now, stage: Stage = "ok"): ConsoleDouble {
	const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
	const encoder = new TextEncoder();
	const send = (text: string) => {
		for (const stream of streams) stream.enqueue(encoder.encode(text));
	};
	const happened: EventView[] = [];

	const double: ConsoleDouble = {
		stage,
		formToken: "form-token-1",
		live: "stream",
		webApp: true,
		asked: [],
		instead: new Map(),
		get streams() {
			return streams.size;
		},
		happens(event) {
			happened.unshift(event);
			send(`id: ${event.id}\nevent: happened\ndata: ${JSON.stringify(event)}\n\n`);
		},
		leavesOut: (count) => send(`event: more\ndata: ${count}\n\n`),
		endStreams() {
			for (const stream of streams) stream.close();
			streams.clear();
		},
		async fetch(request) {
			const url = new URL(request.url);
			const path = url.pathname.replace(/^\/admin\/api\//, "");
			const body: Record<string, string> =
				request.method === "POST" ? await request.json().catch(() => ({})) : {};
			double.asked.push(
				`${request.method} ${path}${url.search}${request.method === "POST" ? ` ${JSON.stringify(body)}` : ""}`,
			);
			const instead = double.instead.get(`${request.method} ${path}`);
			if (instead) return instead();
			if (request.method === "POST" && path === "session") {
				if (body.token !== TOKEN) {
					return problem(401, "This is not the token. You have 4 tries left in this minute.");
				}
				double.formToken ??= "form-token-2";
				return Response.json(session());
			}
			if (double.formToken === undefined) return problem(401, "Nobody is signed in.");
			if (request.method === "POST") {
				if (request.headers.get("X-Form-Token") !== double.formToken)
					return problem(403, "The form is an old one.");
				return changed(path, body);
			}
			return answer(path, url.searchParams);
		},
	};

	const session = (): Session => ({
		host: "push.example.net",
		version: "2.3.0",
		formToken: double.formToken ?? "",
		endsAt: now() + 12 * samples.HOUR,
		live: double.live,
		webApp: double.webApp,
	});

	function answer(path: string, query: URLSearchParams): Response {
		const at = now();
		const [first, node] = path.split("/");
		switch (first) {
			case "session":
				return Response.json(session());
			case "overview": {
				const [step, count] = STEPS[query.get("period") ?? "hour"] ?? [samples.MINUTE, 60];
				return Response.json(samples.overview(at, double.stage, step, count));
			}
			case "services":
				return Response.json(samples.services(at, double.stage));
			case "registrations":
				if (node !== undefined) {
					return Response.json(samples.registration(at, double.stage, decodeURIComponent(node)));
				}
				if (query.get("begins") === "nobody") return Response.json({ ...samples.registrations(at, "empty") });
				return Response.json(samples.registrations(at, double.stage, query.get("after") ?? undefined));
			case "events":
				if (node === "live") return stream();
				if (query.has("since")) {
					return Response.json({ events: happened, today: "" });
				}
				if (query.get("text") === "nobody") return Response.json(samples.events(at, "empty"));
				return Response.json(samples.events(at, double.stage, query.get("before") ?? undefined));
			case "bars":
				return Response.json(samples.bars(at, double.stage));
			case "invites":
				return Response.json(samples.invites(at, double.stage));
			default:
				return problem(404, "There is nothing at this path.");
		}
	}

	function stream(): Response {
		let own: ReadableStreamDefaultController<Uint8Array>;
		const body = new ReadableStream<Uint8Array>({
			start(controller) {
				own = controller;
				streams.add(controller);
				controller.enqueue(encoder.encode(": here\n\n"));
			},
			cancel() {
				streams.delete(own);
			},
		});
		return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
	}

	function changed(path: string, body: Record<string, string>): Response {
		const at = now();
		if (path === "session/end") {
			double.formToken = undefined;
			return new Response(null, { status: 204 });
		}
		if (/^registrations\/[^/]+\/test$/.test(path)) return Response.json(samples.testPush);
		if (path === "bars/count") {
			const who = body.who ?? "";
			if (who.includes(" ")) return problem(422, "This is neither an address nor a domain.");
			const isPerson = who.includes("@");
			return Response.json({
				who,
				kind: isPerson ? "person" : "domain",
				registrations: isPerson ? 3 : 1204,
				people: isPerson ? 1 : 611,
				isBarred: false,
			});
		}
		if (path === "invites") {
			const invite = {
				id: "new",
				uses: 5,
				used: 0,
				madeAt: at,
				endsAt: at + 14 * samples.DAY,
				state: "good",
			};
			return Response.json(
				{
					invite: body.onlyFor === undefined ? invite : { ...invite, onlyFor: body.onlyFor },
					link: "https://push.example.net/app/#invite=K7QM-2XWD-9FHT",
					code: "K7QM-2XWD-9FHT",
					qr: samples.qr,
				},
				{ status: 201 },
			);
		}
		return new Response(null, { status: 204 });
	}

	return double;
}

/** ms of a step, and how many: by the period. */
const STEPS: Readonly<Record<string, readonly [number, number]>> = {
	hour: [samples.MINUTE, 60],
	day: [15 * samples.MINUTE, 96],
	week: [2 * samples.HOUR, 84],
};

export const problem = (status: number, detail: string) =>
	Response.json({ title: "A problem", status, detail }, { status });
