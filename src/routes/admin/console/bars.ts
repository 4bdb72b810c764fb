/** Owners and domains that the operator does not serve. */
import { Hono } from "hono";
import { TooManyBars } from "../../../store/console/bars.ts";
import { whoOf } from "../../../store/console/who.ts";
import type { BarCount, BarView } from "../../../web/console/wire.ts";
import type { ConsoleDeps } from "../../deps.ts";
import { Problem } from "../../problem.ts";
import type { Actions } from "./actions.ts";
import { bodyOf, given, reasonText } from "./fields.ts";
import type { ConsoleEnv } from "./guards.ts";
import { many } from "./sentences/words.ts";

/** The sub-app, to be mounted at /admin/api/bars. */
export function barRoutes({ bars }: Pick<ConsoleDeps, "bars">, actions: Actions) {
	const app = new Hono<ConsoleEnv>();

	app.get("/", async (c) => c.json<BarView[]>(await bars.list()));

	app.post("/count", async (c) => {
		const { who, kind } = readWho((await bodyOf(c, { who: given })).who);
		const [{ registrations, people }, all] = await Promise.all([bars.count(who), bars.list()]);
		const answer: BarCount = {
			who,
			kind,
			registrations,
			people,
			isBarred: all.some((bar) => bar.who === who),
		};
		return c.json(answer);
	});

	app.post("/", async (c) => {
		const body = await bodyOf(c, { who: given, reason: reasonText });
		const { who } = readWho(body.who);
		const { ended } = await bars.add(who, body.reason).catch((error: unknown) => {
			throw error instanceof TooManyBars ? new Problem("over-quota", error.message) : error;
		});
		await actions.done(`Barred, which ended ${many(ended, "registration")}`, { owner: who });
		return c.json({ ended }, 201);
	});

	app.post("/lift", async (c) => {
		const { who } = readWho((await bodyOf(c, { who: given })).who);
		if (!(await bars.lift(who))) throw new Problem("no-such-page", `${who} is not barred.`);
		await actions.done("Lifted the bar", { owner: who });
		return c.body(null, 204);
	});

	return app;
}

/** @throws {Problem} */
function readWho(written: string): NonNullable<ReturnType<typeof whoOf>> {
	const who = whoOf(written);
	if (who) return who;
	const message = "must be an address such as romeo@example.net, or a domain";
	throw new Problem("invalid-fields", `who: ${message}`, { errors: [{ path: "who", message }] });
}
