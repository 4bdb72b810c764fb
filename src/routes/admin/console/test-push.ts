/** A test push of the operator's, with each leg of its way as it was timed here. */
import type { LastSend } from "../../../delivery/journal.ts";
import { plainReason } from "../../../registering/plain-reason.ts";
import { NOT_TESTED, TEST_PUSH } from "../../../registering/test-push.ts";
import { present } from "../../../syntax/present-fields.ts";
import type { Answer, Outcome, Registration } from "../../../types.ts";
import type { GateView, Leg, TestPush } from "../../../web/console/wire.ts";
import { UNIFIED_PUSH } from "../../../xmpp/unified-push.ts";
import type { AppDeps, OperatorDeps } from "../../deps.ts";
import { providerOf } from "./push-services.ts";
import { deviceOf, hostOf } from "./registration-view.ts";
import { span } from "./sentences/words.ts";

/** @returns what the page shows, and a sentence for the log: a device's name may say whose it is */
export async function testPush(
	registration: Registration,
	{
		deps,
		own,
		gate,
		asker,
	}: {
		deps: Pick<AppDeps, "push" | "now">;
		own: OperatorDeps;
		gate: GateView | undefined;
		/** What it is called that asks for it. */
		asker: string;
	},
): Promise<{ tested: TestPush; sentence: string }> {
	const { now = Date.now } = deps;
	const begun = now();
	const isTestable = registration.app !== UNIFIED_PUSH;
	const answer = isTestable ? await deps.push(registration.node, TEST_PUSH) : NOT_TESTED;
	const ms = Math.max(0, now() - begun);
	const last = own.journal?.lastSend(registration.node);
	const send = last && last.at >= begun ? last : undefined;
	const service = own.apps.find(({ name }) => name === registration.app)?.service;
	const provider = providerOf(service, hostOf(registration));
	const device = deviceOf(registration);
	const legs = legsOf({ answer, begun, ms, send, gate, provider, device, own, asker });
	return {
		tested: { ...said(answer, provider, device), legs },
		sentence: said(answer, provider, "the device").title,
	};
}

/** What became of it, in one sentence. */
function said(answer: Answer, provider: string, device: string): Pick<TestPush, "title" | "state"> {
	switch (answer.kind) {
		case "done":
			switch (answer.how) {
				case "delivered":
					return { state: "ok", title: `${provider} took it. Look whether ${device} shows it` };
				case "queued": {
					const why = answer.reason === undefined ? "" : `: ${plainReason(answer.reason)}`;
					return { state: "warn", title: `It waits, and is tried again by itself${why}` };
				}
				case "superseded":
					return { state: "ok", title: `A newer push for ${device} goes in its place` };
				case "skipped":
					return { state: "warn", title: `${device} does not ask for pushes of this class` };
			}
			break;
		case "unknown":
			return {
				state: "bad",
				title: `${provider} says that ${device} is gone, and its registration has ended`,
			};
		case "refused":
			return { state: "bad", title: `${provider} refuses it: ${plainReason(answer.reason)}` };
		case "wait":
			return { state: "warn", title: `Not now: ${plainReason(answer.reason)}` };
	}
}

interface Way {
	answer: Answer;
	begun: number;
	ms: number;
	send: LastSend | undefined;
	gate: GateView | undefined;
	provider: string;
	device: string;
	own: OperatorDeps;
	asker: string;
}

function legsOf({ answer, begun, ms, send, gate, provider, device, own, asker }: Way): Leg[] {
	const isShut = gate !== undefined && gate.state !== "open";
	const legs: Leg[] = [{ name: asker, text: "Asked for it, as a publish of class high", state: "ok" }];
	if (!own.connector) {
		const state = answer.kind === "done" ? "warn" : "bad";
		const text = "Handed it to the connectors by the database; one of them sends it within seconds";
		return [
			...legs,
			{ name: "Reveille", text: answer.kind === "done" ? text : "Could not hand it over", state, ms },
			{ name: provider, text: "What it answers is in “What happened”", state: "off" },
			{ name: device, text: "Not known here", state: "off" },
		];
	}
	const before = send ? Math.max(0, send.at - begun) : ms;
	legs.push({ name: "Reveille", text: "Took it, and found the registration", state: "ok", ms: before });
	legs.push(
		isShut && !send
			? {
					name: "Gate",
					text:
						gate.until === undefined
							? "Shut until you act"
							: `Shut, tried again in ${span(Math.max(0, gate.until - begun))}`,
					state: "bad",
				}
			: { name: "Gate", text: send ? "Open" : "Not passed", state: send ? "ok" : "warn" },
	);
	legs.push(
		send
			? { name: provider, text: wordsOf(send.outcome), state: stateOf(send.outcome), ms: send.ms }
			: { name: provider, text: "Was not asked", state: "off" },
	);
	const isThere = answer.kind === "done" && answer.how === "delivered";
	legs.push({
		name: device,
		text: isThere ? "Whether it woke, only the device knows" : "Not reached",
		state: "off",
	});
	return legs.map((leg) => present(leg) as Leg);
}

const wordsOf = (outcome: Outcome): string =>
	outcome.kind === "delivered" ? "Took it" : `Answered: ${plainReason(outcome.reason)}`;

function stateOf({ kind }: Outcome): Leg["state"] {
	if (kind === "delivered") return "ok";
	return kind === "retry" ? "warn" : "bad";
}
