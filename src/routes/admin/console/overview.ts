/** How it is: the overview, and the page of apps and push services. */
import { Hono } from "hono";
import { z } from "zod";
import { SERVICE_NAMES } from "../../../services/registry.ts";
import { present } from "../../../syntax/present-fields.ts";
import type { Credential, Overview, ServicesView } from "../../../web/console/wire.ts";
import type { AppDeps, OperatorDeps } from "../../deps.ts";
import { readinessOf } from "../../health.ts";
import { queryOf } from "./fields.ts";
import type { ConsoleEnv } from "./guards.ts";
import type { Look, Looking } from "./look.ts";
import { serviceName, servicesOf, turnOnOf } from "./push-services.ts";
import { credentialView, overviewSentences } from "./sentences/overview.ts";
import { cureOf } from "./sentences/reasons.ts";
import { servicesTitle } from "./sentences/services.ts";
import { NO_PUSHES } from "./timeline.ts";

const PERIOD = { period: z.enum(["hour", "day", "week"]).default("hour") };

/** The sub-app, to be mounted at /admin/api. */
export function overviewRoutes(
	deps: Pick<AppDeps, "version" | "readiness" | "log" | "webApp">,
	own: OperatorDeps,
	looking: Looking,
) {
	const app = new Hono<ConsoleEnv>();

	app.get("/overview", async (c) => {
		const { period } = queryOf(c, PERIOD);
		const [look, readiness] = await Promise.all([looking.look(period), readinessOf(deps)]);
		const { timeline, connectors, gates, gatesOpen, waiting, oldestDueMs, registrations, now } = look;
		const credentials = credentialsOf(own, look);
		const count = registrations && sum([...registrations.values()]);
		const services = servicesOf(own.apps);
		const said = overviewSentences({
			now,
			period,
			totals: timeline.totals,
			p50: timeline.p50,
			connectors,
			gates,
			gatesOpen,
			waiting,
			oldestDueMs,
			credentials,
			registrations: count,
			notes: readiness.forAdmins?.notes ?? [],
			database: readiness.database,
			services,
			webApp: deps.webApp !== undefined,
		});
		const answer: Overview = {
			...said,
			upTo: timeline.upTo,
			stepMs: timeline.stepMs,
			intervals: timeline.intervals,
			totals: timeline.totals,
			connectors: connectors.map(({ note: _, ...view }) => view),
			gates,
			gatesOpen,
			credentials,
			registrations: count ?? 0,
			services,
		};
		return c.json(answer);
	});

	app.get("/services", async (c) => {
		const { period } = queryOf(c, PERIOD);
		const look = await looking.look(period);
		const answer: ServicesView = {
			title: servicesTitle(look.gates, look.gatesOpen),
			gates: look.gates,
			apps: appsOf(own, look),
			reasons: look.timeline.reasons.map((one) => ({ ...one, text: cureOf(one.fate, one.reason) })),
		};
		return c.json(answer);
	});

	return app;
}

const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);

const credentialsOf = ({ apps }: OperatorDeps, { certificates, gates, now }: Look): Credential[] =>
	apps.flatMap(({ name, credential }) => {
		if (credential === undefined) return [];
		const view = credentialView(name, credential, certificates.get(name), now);
		// Shut until somebody acts: the push service refuses what we show.
		const refused = gates.find(
			({ app, origin, state, until }) =>
				app === name && origin === undefined && state === "shut" && until === undefined,
		);
		if (!refused) return [view];
		return [{ ...view, state: "bad" as const, text: refused.why ?? "Its push service refuses it." }];
	});

/** Each app that is set up, and the push services that are off. */
function appsOf(own: OperatorDeps, look: Look): ServicesView["apps"] {
	const { timeline, gates, registrations } = look;
	const credentials = credentialsOf(own, look);
	const on = own.apps.map(({ name, service }) => {
		const shut = gates.filter(({ app, state }) => app === name && state !== "open");
		return {
			app: name,
			service: serviceName(service),
			isOn: true,
			gate: gateOf(shut),
			registrations: registrations?.get(name) ?? 0,
			pushes: timeline.byApp.get(name) ?? NO_PUSHES,
			...present({ credential: credentials.find(({ app }) => app === name) }),
		};
	});
	const off = SERVICE_NAMES.filter((service) => !own.apps.some((app) => app.service === service)).map(
		(service) => ({
			app: service,
			service: serviceName(service),
			isOn: false,
			gate: "open" as const,
			registrations: registrations?.get(service) ?? 0,
			pushes: NO_PUSHES,
			...present({ turnOn: turnOnOf(service) }),
		}),
	);
	return [...on, ...off];
}

function gateOf(shut: Look["gates"]): "open" | "shut" | "some-shut" {
	if (shut.length === 0) return "open";
	return shut.some(({ origin }) => origin === undefined) ? "shut" : "some-shut";
}
