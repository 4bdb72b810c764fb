/** Registrations: found, looked at, tested and ended. */
import { Hono } from "hono";
import { consoleHttpBounds } from "../../../limits/bounds/console-http.ts";
import { plainReason } from "../../../registering/plain-reason.ts";
import type { Bar } from "../../../store/console/bars.ts";
import type { Happened } from "../../../store/console/events.ts";
import { whosOf } from "../../../store/console/who.ts";
import { present } from "../../../syntax/present-fields.ts";
import type { Registration } from "../../../types.ts";
import type { FoundRegistrations, GateView, Leg, RegistrationView } from "../../../web/console/wire.ts";
import { domainOf } from "../../../xmpp/jid.ts";
import { UNIFIED_PUSH } from "../../../xmpp/unified-push.ts";
import type { AppDeps, OperatorDeps } from "../../deps.ts";
import { readinessOf } from "../../health.ts";
import { lookUp } from "../../new-registration.ts";
import { Problem } from "../../problem.ts";
import type { Actions } from "./actions.ts";
import { eventView, type ShownEvent } from "./event-view.ts";
import { queryOf, typed } from "./fields.ts";
import type { ConsoleEnv } from "./guards.ts";
import type { Looking } from "./look.ts";
import { providerOf } from "./push-services.ts";
import type { RecentEvents } from "./recent-events.ts";
import { deviceOf, hostOf, isQueued, knownOf, rowOf, withLastSend } from "./registration-view.ts";
import { registrationSentences } from "./sentences/registration.ts";

import { testPush } from "./test-push.ts";

const ROWS = consoleHttpBounds.rows.is;
const BESIDE = consoleHttpBounds.rowsOfOne.is;

const FIND = {
	begins: typed.optional(),
	app: typed.optional(),
	host: typed.optional(),
	after: consoleHttpText(),
};

/** Where a page ended holds the keys of a row. */
function consoleHttpText() {
	return typed.max(consoleHttpBounds.body.is).optional();
}

export interface RegistrationRoutesDeps {
	deps: Pick<AppDeps, "registrations" | "push" | "readiness" | "log" | "version" | "now">;
	own: OperatorDeps;
	looking: Looking;
	actions: Actions;
	recent: RecentEvents;
}

/** The sub-app, to be mounted at /admin/api/registrations. */
export function registrationRoutes(all: RegistrationRoutesDeps) {
	const { deps, own, looking, actions } = all;
	const app = new Hono<ConsoleEnv>();

	app.get("/", async (c) => {
		const { begins, app: its, host, after } = queryOf(c, FIND);
		const begun = performance.now();
		const find = present({
			begins: begins || undefined,
			app: its || undefined,
			host: host || undefined,
			after: after || undefined,
		});
		const found = await own.search.find(find, ROWS);
		const answer: FoundRegistrations = {
			rows: found.rows.map((row) => rowOf(row, own.apps, own.journal)),
			...present({ next: found.next }),
			ms: Math.round((performance.now() - begun) * 10) / 10,
			apps: [...own.apps.map(({ name }) => name), ...(own.isUnifiedPush ? [UNIFIED_PUSH] : [])],
		};
		return c.json(answer);
	});

	app.get("/:node", async (c) => c.json(await viewOf(c.req.param("node"), all)));

	app.post("/:node/test", async (c) => {
		const node = c.req.param("node");
		const registration = await found(deps, node);
		const gate = gateOf(registration, own, await looking.gates());
		const { tested, sentence } = await testPush(registration, { deps, own, gate, asker: actions.asker });
		await actions.done(`Sent a test push: ${sentence}`, registration);
		return c.json(tested);
	});

	app.post("/:node/end", async (c) => {
		const registration = await found(deps, c.req.param("node"));
		const by = { decider: "operator", reason: `ended ${actions.place}` } as const;
		if (!(await deps.registrations.remove(registration.node, by))) throw noSuch();
		await actions.done(`Ended ${actions.place}`, registration);
		return c.body(null, 204);
	});

	return app;
}

const noSuch = () => new Problem("no-such-page", "There is no registration with this node any more.");

/** @throws {Problem} */
async function found(deps: RegistrationRoutesDeps["deps"], node: string): Promise<Registration> {
	const registration = await lookUp(deps, node);
	if (!registration) throw noSuch();
	return registration;
}

/** The gate that its pushes go through, if it is shut. */
function gateOf(
	registration: Pick<Registration, "app" | "token">,
	{ apps }: OperatorDeps,
	gates: readonly GateView[],
): GateView | undefined {
	const known = apps.some(({ name }) => name === registration.app);
	const host = hostOf(registration);
	return gates.find(
		({ app, origin }) => known && app === registration.app && (origin === undefined || origin === host),
	);
}

/** The bar of an owner, or of its domain. */
async function barOf({ bars }: OperatorDeps, owner: string): Promise<Bar | undefined> {
	if (owner === "" || !(await bars.isBarred(owner))) return undefined;
	const all = await bars.list();
	const [bar] = whosOf(owner).flatMap((its) => all.filter(({ who }) => who === its));
	return bar;
}

/** What an ended one was, by what is told of it. */
function remembered(events: readonly ShownEvent[]) {
	const owner = events.find((event) => event.owner)?.owner ?? "";
	const app = events.find((event) => event.app)?.app ?? "";
	return { owner, app };
}

async function viewOf(
	node: string,
	{ deps, own, looking, recent, actions }: RegistrationRoutesDeps,
): Promise<RegistrationView> {
	const now = (deps.now ?? Date.now)();
	const [row, newest, ends, gates, readiness] = await Promise.all([
		lookUp(deps, node),
		own.events.about({ node }, BESIDE),
		// Its server may have published to it any number of times since.
		own.events.about({ node }, 1, "ended"),
		looking.gates(),
		readinessOf({ ...deps, adminToken: undefined }),
	]);
	const registration = row && withLastSend(row, own.journal);
	const keptOfNode = merged(newest, ends);
	const ofNode = merged(
		keptOfNode,
		recent.beside(keptOfNode, (event) => event.node === node),
	);
	if (!registration && ofNode.length === 0) throw noSuch();
	const { owner, app } = registration ?? remembered(ofNode);
	const [keptOfOwner, owned, bar, enabling] = await Promise.all([
		owner === "" ? [] : own.events.about({ owner }, BESIDE),
		owner === "" ? [] : deps.registrations.ofOwner(owner),
		barOf(own, owner),
		registration && own.ownUsers?.of(registration),
	]);
	const isOfOwner = (event: Happened) => owner !== "" && event.owner === owner;
	const ofOwner = merged(keptOfOwner, recent.beside(keptOfOwner, isOfOwner));
	const events = merged(ofNode, ofOwner);
	const fromServer = registration && owner !== "" ? await wrongOnesOf(domainOf(owner), own, recent) : [];
	const others = owned.filter((one) => one.node !== node);
	const device = registration ? deviceOf(registration) : "this device";
	const publish = own.journal?.lastPublish(node);
	const provider = providerOf(
		own.apps.find(({ name }) => name === app)?.service,
		registration && hostOf(registration),
	);
	const said = registrationSentences({
		now,
		owner,
		device,
		app,
		provider,
		row: registration && {
			registeredAt: registration.registeredAt,
			lastSuccessAt: registration.lastSuccessAt,
			lastErrorAt: registration.lastErrorAt,
			lastError: registration.lastError && plainReason(registration.lastError),
		},
		events: ofNode,
		fromServer,
		last: publish && { at: publish.at, answer: isQueued(publish.answer) ? "queued" : publish.answer.kind },
		gate: registration && gateOf(registration, own, gates),
		bar,
		enabling,
		isUnifiedPush: own.isUnifiedPush === true,
		lifting: actions.lifting(bar?.who ?? ""),
		clocks: (readiness.forAdmins?.notes ?? []).filter((note) => /\bclock\b/.test(note)),
		othersWork: others.some(({ lastSuccessAt }) => lastSuccessAt !== undefined),
	});
	return {
		node,
		isEnded: registration === undefined,
		owner,
		device: device === "this device" ? "Ended device" : device,
		...said,
		...present({
			last: publish && { at: publish.at, legs: namedLegs(publish.legs, owner && domainOf(owner), provider) },
		}),
		events: events.slice(0, BESIDE).map(eventView),
		known: registration
			? knownOf(registration, own.apps, enabling)
			: [...(app === "" ? [] : [{ name: "App", value: app }]), { name: "Node", value: node }],
		others: others.slice(0, BESIDE).map((one) => rowOf(one, own.apps, own.journal)),
		isBarred: bar !== undefined,
	};
}

/** Publishes of a server that fitted no registration; the newest first. */
async function wrongOnesOf(
	domain: string,
	{ events }: OperatorDeps,
	recent: RecentEvents,
): Promise<readonly Happened[]> {
	const kinds = ["wrong-secret", "wrong-node"] as const;
	const found = await Promise.all(
		kinds.map((kind) => events.list({ kind, decidedBy: domain, limit: BESIDE })),
	);
	const kept = found.flatMap((one) => one.events);
	const isWrong = ({ kind, decidedBy }: Happened) =>
		(kind === "wrong-secret" || kind === "wrong-node") && decidedBy === domain;
	return merged(kept, recent.beside(kept, isWrong));
}

/** Its way in words that say who is at each station. */
const namedLegs = (legs: readonly Leg[], server: string, provider: string): Leg[] =>
	legs.map((leg) => {
		if (leg.name === "Publish") return { ...leg, name: server || leg.name };
		return leg.name === "Push service" ? { ...leg, name: provider } : leg;
	});

/** The newest first, each once. */
function merged(...lists: readonly (readonly ShownEvent[])[]): ShownEvent[] {
	const all = new Map(lists.flat().map((event) => [event.id, event]));
	return [...all.values()].toSorted((one, other) => other.at - one.at);
}
