/** The whole way: a publish goes through the XMPP server to a device inside Reveille, which opens the push. */
import type { XmppConnection } from "../../../../config/connections.ts";
import { createWays } from "../../../../connector/server/discovery.ts";
import type { Running } from "../../running.ts";
import { clock, type OwnPublish, type OwnPublished } from "../../served/loop-events.ts";
import { publishElement } from "../../served/publish.ts";
import { type Context, silent } from "../context.ts";
import { bad, type Finding, ok, reasonOf, unknown } from "../finding.ts";
import { shownMs } from "../report.ts";
import { openSession } from "../xmpp/session.ts";
import { type LoopReader, openLoop } from "./events.ts";
import { startOwnConnector } from "./own-connector.ts";

/** From a publish until its push was opened and the publish answered, ms. */
const LOOP_MS = 12_000;

/** The legs in their order, as they are told. */
const LEGS = [
	["arrived", "here"],
	["handled", "handled"],
	["pushed", "pushed"],
	["decrypted", "decrypted"],
] as const;

/** What was published, and when. */
interface Sent {
	sentAt: number;
	answeredAt: number;
}

type Publish = (publish: Omit<OwnPublish, "address">) => Promise<Sent>;

/** Tries it at each connection. */
export async function lookAtLoop(context: Context, signal: AbortSignal): Promise<Finding[]> {
	const { config, found } = context;
	if (config.role === "http" || config.connections.length === 0) return [];
	if (found.kind === "silent") return [unknown("Loop", "it was not tried: Reveille does not answer.")];
	if (found.kind === "running") return lookAtEach(config.connections, found.running, signal);
	const own = await startOwnConnector(context, signal);
	if (!("running" in own)) return [own];
	try {
		const findings = await lookAtEach(config.connections, own.running, signal);
		return [
			ok("Start", "Reveille starts with these settings: one ran for this alone, and has ended."),
			...findings,
		];
	} finally {
		await own.stop();
	}
}

async function lookAtEach(
	connections: readonly XmppConnection[],
	running: Running,
	signal: AbortSignal,
): Promise<Finding[]> {
	const findings: Finding[] = [];
	for (const connection of connections) findings.push(...(await lookAt(connection, running, signal)));
	return findings;
}

async function lookAt(connection: XmppConnection, running: Running, signal: AbortSignal): Promise<Finding[]> {
	const { address, pubsubHost } = connection;
	const what = `Loop by ${address}`;
	const state = running.status.connections.find((each) => each.address === address);
	if (state?.isStandby) {
		const text =
			"it was not tried: another process of the same database has the address, and this one stands by.";
		return [unknown(what, text, "run this where that one runs")];
	}
	if (!state?.isOnline) {
		const reason = state?.reason ?? "the Reveille that runs has no such connection";
		return [
			bad(
				what,
				`a publish cannot come: ${reason}`,
				"mend what XMPP says above; restart Reveille where settings were changed",
			),
		];
	}
	const left =
		pubsubHost === undefined
			? []
			: [
					unknown(
						what,
						`publishes come by ${pubsubHost}; this one went to ${address} itself, and the way by the host was not tried.`,
					),
				];
	try {
		const finding =
			connection.kind === "component"
				? await tryLoop(what, running, signal, componentPublish(address, running))
				: await withSession(connection, signal, (publish) => tryLoop(what, running, signal, publish));
		return [finding, ...left];
	} catch (error) {
		return [bad(what, reasonOf(error)), ...left];
	}
}

/** From another session of the account. */
async function withSession(
	account: Extract<XmppConnection, { kind: "account" }>,
	signal: AbortSignal,
	use: (publish: Publish) => Promise<Finding>,
): Promise<Finding> {
	const session = await openSession(account, createWays(account, { log: silent }), signal);
	try {
		return await use(async (publish) => {
			const sentAt = clock();
			await session.ask("set", account.address, publishElement(publish));
			return { sentAt, answeredAt: clock() };
		});
	} finally {
		await session.close();
	}
}

/** From the component to itself: no second session of it can be had. */
function componentPublish(address: string, { ask }: Running): Publish {
	return async (publish) => {
		const answer = await ask("/doctor/publish", {
			method: "POST",
			body: JSON.stringify({ address, ...publish }),
			signal: AbortSignal.timeout(LOOP_MS),
		});
		const published = (await answer.json()) as OwnPublished;
		if ("failure" in published) throw new Error(published.failure);
		return published;
	};
}

async function tryLoop(
	what: string,
	running: Running,
	signal: AbortSignal,
	publish: Publish,
): Promise<Finding> {
	const loop = await openLoop(running, signal);
	const { node, secret } = loop.device;
	const body = `doctor ${crypto.randomUUID()}`;
	const deadline = AbortSignal.any([signal, AbortSignal.timeout(LOOP_MS)]);
	const late = Promise.withResolvers<never>();
	late.promise.catch(() => {});
	deadline.addEventListener("abort", () => late.reject(new Error("it took too long")), { once: true });
	try {
		const both = Promise.all([publish({ node, secret, body }), loop.body]);
		const [sent, read] = await Promise.race([both, late.promise]);
		if (read !== body) return bad(what, "the device read something else than what was published.");
		return ok(
			what,
			`a publish came to a device and was opened: ${legsText(loop, sent)}.`,
			sent.answeredAt - sent.sentAt,
		);
	} catch (error) {
		return bad(
			what,
			failureText(loop, reasonOf(error)),
			"look into the log of Reveille, with LOG_LEVEL=debug, and into that of the XMPP server",
		);
	} finally {
		loop.close();
	}
}

/** How long each leg took. */
export function legsText({ legs }: Pick<LoopReader, "legs">, { sentAt, answeredAt }: Sent): string {
	let before = sentAt;
	const texts: string[] = [];
	for (const [leg, name] of [...LEGS, ["answered", "answer"] as const]) {
		const at = leg === "answered" ? answeredAt : legs().get(leg);
		if (at === undefined) continue;
		texts.push(`${texts.length === 0 ? "publish " : ""}→ ${name} ${shownMs(Math.max(0, at - before))}`);
		before = at;
	}
	return texts.join(", ");
}

/** How far it came. */
export function failureText({ legs }: Pick<LoopReader, "legs">, reason: string): string {
	const reached = LEGS.filter(([leg]) => legs().has(leg)).at(-1)?.[1];
	const far =
		reached === undefined
			? "the publish did not come to this Reveille"
			: `the publish came as far as “${reached}”`;
	return `${far}: ${reason}.`;
}
