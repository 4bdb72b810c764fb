/** Addresses of screens, times and numbers, and the API's answers. */
import { describe, expect, test } from "bun:test";
import { consolePageBounds } from "../../../src/limits/bounds/console-page.ts";
import { registrationBounds } from "../../../src/limits/bounds/registrations.ts";
import { createConsoleApi } from "../../../src/web/console/console-api.ts";
import { ConsoleFault } from "../../../src/web/console/console-fault.ts";
import { createFormats } from "../../../src/web/console/formats.ts";
import { fits } from "../../../src/web/console/live-events.ts";
import { hashOf, parseRoute, type Route } from "../../../src/web/console/routes.ts";
import { DAYS, USES } from "../../../src/web/console/screens/invites.tsx";
import { problem } from "./console-double.ts";
import { event } from "./samples.ts";

describe("an address", () => {
	test.each<Route>([
		{ at: "overview", period: "hour" },
		{ at: "services", period: "week" },
		{ at: "registrations" },
		{ at: "registrations", begins: "a&b=c#d/é", app: "chat ios", host: "push.example", after: "x%y" },
		{ at: "registration", node: "a/b?c#d%é" },
		{ at: "barred" },
		{ at: "invites" },
		{ at: "events" },
		{ at: "events", kind: "wrong-node", text: "410 Gone", before: "9" },
	])("of %p leads back to it", (route) => {
		expect(parseRoute(hashOf(route))).toEqual(route);
	});

	test.each(["", "#", "#/", "#/nothing", "#overview", "#/overview?period=year", "#/constructor", "#//x"])(
		"%p is the overview",
		(hash) => expect(parseRoute(hash)).toEqual({ at: "overview", period: "hour" }),
	);

	test.each(["#/registrations/%E0%A4%A", "#/registrations/"])("%p has no node", (hash) => {
		expect(parseRoute(hash)).toEqual({ at: "registrations" });
	});

	test("of a kind of event that there is not names none", () => {
		expect(parseRoute("#/events?kind=toString")).toEqual({ at: "events" });
	});
});

describe("times and numbers", () => {
	const now = Date.UTC(2026, 10, 27, 14, 5, 31);
	const formats = createFormats(["en-GB"], () => now, "UTC");

	test.each([
		[0, "today, 14:05"],
		[20 * 3_600_000, "yesterday, 18:05"],
		[14 * 86_400_000, "13 November, 14:05"],
		[365 * 86_400_000, "27 November 2025, 14:05"],
	])("%p ms ago is %s", (ago, said) => expect(formats.moment(now - ago)).toBe(said));

	test.each([
		[0.4, "0 ms"],
		[412.4, "412 ms"],
		[2_440, "2.4 s"],
		[24 * 60_000, "24 min"],
		[3 * 3_600_000, "3 h"],
		[72 * 3_600_000, "3 days"],
	])("%p ms last %s", (ms, said) => expect(formats.span(ms)).toBe(said));

	test("are those of the browser's language and zone", () => {
		const german = createFormats(["de-DE"], () => now, "Europe/Berlin");
		expect([german.number(4163), german.time(now), german.day(now)]).toEqual([
			"4.163",
			"15:05",
			"27. November",
		]);
		expect(formats.second(now - 86_400_000)).toBe("26 November, 14:05:31");
	});
});

describe("the API", () => {
	const apiOf = (answer: () => Response | Promise<Response>) => {
		const lost: string[] = [];
		const api = createConsoleApi({
			fetch: async () => answer(),
			base: "https://push.example.net/admin/api/",
			formToken: () => "token",
			renew: async () => {},
			signedOut: () => lost.push("lost"),
		});
		return { api, lost };
	};
	const faultOf = async (answer: () => Response | Promise<Response>) => {
		const { api } = apiOf(answer);
		const error = await api.overview("hour").catch((error: unknown) => error);
		if (!(error instanceof ConsoleFault)) throw new Error("no fault");
		return [error.kind, error.what];
	};

	test.each([
		[() => problem(401, "Nobody is signed in."), "signed-out", "Nobody is signed in."],
		[() => problem(404, "No such node."), "gone", "No such node."],
		[() => problem(422, "This is no address."), "refused", "This is no address."],
		[
			() =>
				Response.json(
					{ detail: "who: must be an address", errors: [{ path: "who", message: "must be an address" }] },
					{ status: 422 },
				),
			"refused",
			"It must be an address.",
		],
		[() => problem(429, "Wait for a minute."), "refused", "Wait for a minute."],
		[() => problem(503, "The database is away."), "broken", "The database is away."],
		[() => new Response("<h1>Bad gateway</h1>", { status: 502 }), "broken", "Reveille answered 502."],
		[() => new Response("x", { status: 400 }), "refused", "Reveille does not do this, and answered 400."],
		[() => Promise.reject(new TypeError("refused")), "offline", "Reveille does not answer."],
	])("tells what went wrong", async (answer, kind, what) => {
		expect(await faultOf(answer)).toEqual([kind, what]);
	});

	test("says that nobody is signed in any more, but not of a wrong token", async () => {
		const { api, lost } = apiOf(() => problem(401, "no"));
		await api.signIn({ token: "x" }).catch(() => {});
		expect(lost).toEqual([]);
		await api.bars().catch(() => {});
		expect(lost).toEqual(["lost"]);
	});

	test("sends a change once where the form's token has not changed", async () => {
		let asked = 0;
		const { api } = apiOf(() => {
			asked++;
			return problem(403, "Not from there.");
		});
		await api.lift("x").catch(() => {});
		expect(asked).toBe(1);
	});
});

test("what is typed for an invite has the bounds that Reveille has", () => {
	expect(consolePageBounds.inviteName.is).toBe(registrationBounds.inviteName.is);
	expect([USES.most, DAYS.most]).toEqual([
		registrationBounds.inviteUses.is,
		registrationBounds.inviteDays.is,
	]);
});

test("an event fits what is looked for by its kind, and by any part of what it names", () => {
	const told = event(0, 0);
	expect([fits({}, told), fits({ kind: "refused" }, told), fits({ kind: "ended" }, told)]).toEqual([
		true,
		true,
		false,
	]);
	for (const text of ["ROMEO", "p7rt", "webpush", "invalid_arg"]) expect(fits({ text }, told)).toBe(true);
	expect(fits({ text: "juliet" }, told)).toBe(false);
});
