/**
 * The tables of the providers' answers, from the socket to the stanza: a real service over a double that says what a
 * row says, a registration that was delivered to before, real databases, gates and verdicts, and the publish of the
 * user's server.
 */
import { expect } from "bun:test";
import { createGates } from "../../../src/delivery/gates/gates.ts";
import { createVerdicts } from "../../../src/delivery/outcomes/dead-token-verdicts.ts";
import type { DeviceInput, Outcome, PushService, Registration } from "../../../src/types.ts";
import { createStanzaHandler } from "../../../src/xmpp/stanzas.ts";
import { type Consequence, MINUTE, type Row, saidAt } from "../../services/answer-rows.ts";
import { noCommands } from "../../xmpp/no-commands.ts";
import { options, parse, publishIq, summary } from "../../xmpp/parse.ts";
import { openDeliveryFixture } from "../delivery-fixture.ts";

/** A provider's double. */
export interface Provider<Answer> {
	/**
	 * The app's service, made anew for each row, so that none has another's credentials.
	 * @param now the clock that all sides have: ms since the epoch
	 */
	service(now: () => number): Promise<PushService>;
	/** A device never seen before. */
	device(): DeviceInput;
	/** In turn; the last one again. */
	answer(answers: readonly Answer[]): void;
	/** What it says when all is well. */
	well: Answer;
	/** How many pushes came. */
	requests(): number;
	stop(): Promise<unknown>;
}

/** What a test works with. */
export interface RowScene<Answer> {
	/** Lets the provider say what the row says, and expects what should come of it. */
	check(row: Row<Answer>): Promise<void>;
	/**
	 * Lets it say so of thirty devices, each delivered to before: the tenth makes it our fault.
	 * @param means what comes of the first nine
	 */
	checkMass(answer: Answer, means: Consequence): Promise<void>;
	close(): Promise<void>;
}

const NAME = "app";
const MESSAGE = summary({ "message-count": "1", "last-message-body": "What light…" });
const CALL = '<encrypted xmlns="tigase:push:encrypt:0" iv="aXY=" type="voip">Zm9v</encrypted>';
/** One answer more of a kind than a mass verdict needs is believed of nobody. */
const BELIEVED = 9;

/** @param open gives the double, which may look at the clock: ms since the epoch */
export async function openRowScene<Answer>(
	open: (now: () => number) => Promise<Provider<Answer>>,
): Promise<RowScene<Answer>> {
	const fixture = await openDeliveryFixture();
	const { clock, registrations, keyring, results } = fixture;
	const now = () => clock.now;
	const provider = await open(now);
	let devices = 0;

	/** A process of its own, as far as it remembers anything. */
	async function start() {
		// Not ahead of the token endpoints, whose clock is the world's, however far a row puts it forward.
		clock.now = Math.floor(Date.now() / 1000) * 1000 - 30 * MINUTE;
		const service = await provider.service(now);
		const app = { name: NAME, service: service.name };
		const outcomes: Outcome[] = [];
		const alerts: string[] = [];
		const gates = createGates({ now, random: () => 1 });
		const delivery = fixture.compose({
			services: new Map([[NAME, noting(service, outcomes)]]),
			apps: [app],
			gates,
			maxInFlight: 32,
			verdicts: createVerdicts({ now, onMass: (gate) => alerts.push(gate) }),
		});
		const handle = createStanzaHandler({ publish: delivery.publish, commands: noCommands, version: "1" });

		async function register(): Promise<Registration> {
			const device = service.parseDevice(provider.device());
			const wanted = { ...device, owner: "juliet@example.org", app: NAME, device: `phone ${++devices}` };
			const result = await registrations.register(wanted, () => keyring.createNode());
			if (result.kind === "over-quota") throw new Error("over quota");
			return result.registration;
		}

		/** The user's server publishes. @returns what it is told */
		async function publish({ node }: Registration, notification = MESSAGE): Promise<Consequence["stanza"]> {
			const iq = publishIq(notification, options({ secret: await keyring.secretOf(node) }));
			const reply = await handle(parse(iq.replace('node="N"', `node="${node}"`)));
			expect(reply?.attrs).toMatchObject({ id: "p1", to: "example.org", from: "push@example.net/push" });
			const error = reply?.getChild("error");
			expect(reply?.attrs.type).toBe(error ? "error" : "result");
			const said = error ? `${error.attrs.type} ${error.getChildElements()[0]?.name}` : "result";
			return said as Consequence["stanza"];
		}

		/** A device that gets a push: only such ones prove anything. */
		async function proven(): Promise<Registration> {
			provider.answer([provider.well]);
			const registration = await register();
			expect(await publish(registration)).toBe("result");
			expect(outcomes.pop()).toMatchObject({ kind: "delivered" });
			await results.flush();
			expect(await registrations.find(registration.node)).toMatchObject({ lastSuccessAt: now() });
			return registration;
		}

		const entryOf = async ({ node }: Registration) => (await fixture.rows()).find((row) => row.node === node);

		/** All is well again: what was kept has its time. */
		async function retryAll(registration: Registration) {
			provider.answer([provider.well]);
			for (let tries = 0; tries < 3; tries++) {
				const entry = await entryOf(registration);
				if (!entry) break;
				clock.now = Math.max(now(), entry.dueAt);
				const tried = await delivery.retry(entry);
				if (tried.kind === "turned-away") clock.now = tried.at;
			}
			expect(await entryOf(registration)).toBeUndefined();
		}

		/** All is well again: what was kept arrives. */
		async function mend(registration: Registration) {
			await retryAll(registration);
			expect(outcomes.pop()).toMatchObject({ kind: "delivered" });
			expect(gates.shut()).toEqual([]);
		}

		return { publish, proven, entryOf, retryAll, mend, outcomes, alerts, gates };
	}

	return {
		async check({ answers, means, requests = 1, noted, laterMs = MINUTE, isCall }) {
			const { publish, proven, entryOf, retryAll, mend, outcomes, alerts, gates } = await start();
			const registration = await proven();
			const { node, token } = registration;
			clock.now += laterMs;
			provider.answer(saidAt(answers, now()));
			const before = provider.requests();

			const stanza = await publish(registration, isCall && CALL);
			const [outcome, ...more] = outcomes.splice(0);
			await results.flush();
			const left = await registrations.findAtPrimary(node);
			const entry = await entryOf(registration);

			const happened: Consequence = {
				outcome: outcome?.kind ?? "retry",
				registration: left ? "kept" : "removed",
				outbox: entry ? entry.dueAt - now() : "none",
				stanza,
				gate: gates.shut().length === 0 ? "open" : "shut",
			};
			expect(happened).toEqual(means);
			expect(more).toEqual([]);
			expect(alerts).toEqual([]);
			expect(provider.requests() - before).toBe(requests);
			// What is remembered of it, and read by people, does not hold the token.
			const reason = outcome && "reason" in outcome ? outcome.reason : undefined;
			if (left && reason !== undefined) expect(left).toMatchObject({ lastError: reason, lastErrorAt: now() });
			if (left && reason === undefined) expect(left.lastSuccessAt).toBe(now());
			expect(`${reason}\n${fixture.lines.splice(0).join("\n")}`).not.toContain(token);
			if (isCall) {
				if (entry) expect(entry).toMatchObject({ class: "voip", attempts: 1, lastError: noted ?? reason });
				// A message to the same phone goes its own way.
				provider.answer([provider.well]);
				expect(await publish(registration)).toBe("result");
				expect(outcomes.splice(0)).toMatchObject([{ kind: "delivered" }]);
				return retryAll(registration);
			}
			if (entry) {
				expect(entry).toMatchObject({ class: "high", attempts: 1, lastError: noted ?? reason });
				expect(entry.notification).toMatchObject({ count: 1, body: "What light…" });
				return mend(registration);
			}
			if (left) return;
			// Gone for good: its server is told the same again, and its provider is not asked.
			expect(await publish(registration)).toBe("cancel item-not-found");
			expect(provider.requests() - before).toBe(requests);
		},

		async checkMass(answer, means) {
			const { publish, proven, entryOf, mend, outcomes, alerts, gates } = await start();
			const all: Registration[] = [];
			for (let number = 0; number < 30; number++) all.push(await proven());
			clock.now += MINUTE;
			provider.answer([answer]);
			for (const [index, registration] of all.entries()) {
				const isBelieved = index < BELIEVED;
				const stanza = await publish(registration);
				expect(outcomes.pop()?.kind).toBe(means.outcome);
				expect(stanza).toBe(isBelieved ? means.stanza : "wait internal-server-error");
				const left = await registrations.findAtPrimary(registration.node);
				expect(left ? "kept" : "removed").toBe(isBelieved ? means.registration : "kept");
				const entry = await entryOf(registration);
				expect(entry ? entry.dueAt - now() : "none").toBe(isBelieved ? means.outbox : MINUTE);
			}
			expect(alerts).toHaveLength(1);
			expect(gates.shut()).toEqual([]);
			for (const registration of all.slice(BELIEVED)) await mend(registration);
			expect(await fixture.rows()).toEqual([]);
		},

		async close() {
			await provider.stop();
			await fixture.close();
		},
	};
}

const noting = (service: PushService, outcomes: Outcome[]): PushService => ({
	...service,
	async send(push, signal) {
		const outcome = await service.send(push, signal);
		outcomes.push(outcome);
		return outcome;
	},
});
