/**
 * The contract every push service keeps, whatever its protocol: how it classifies, that it never throws, and that
 * neither a hanging nor a flooding push service holds it.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Outcome, Push, PushService } from "../../src/types.ts";
import { type HttpAnswer, type PushDouble, startPushDouble } from "./push-double.ts";

/** What the suite must know of a service. */
export interface Contract {
	/** Makes the service, and a push whose token the service sends to the double at `origin`. */
	create(origin: string, now: () => number): Promise<{ service: PushService; push: Push }>;
	/** The answers, as the push service words them. */
	answers: {
		delivered: HttpAnswer;
		deadToken: HttpAnswer;
		tooMany: (retryAfter: string) => HttpAnswer;
		unwell: HttpAnswer;
		wrongCredentials: HttpAnswer;
	};
	/** What wrong credentials come out as. */
	wrongCredentials: Outcome["kind"];
	/** What a token that no such service ever gave comes out as. */
	nonsenseToken: Outcome["kind"];
}

const NOW = Date.UTC(2026, 0, 1);

/** Runs the contract against one service. */
export function describeService(name: string, contract: Contract): void {
	describe(`${name} keeps the contract of a push service`, () => {
		let double: PushDouble;
		let service: PushService;
		let push: Push;

		beforeAll(async () => {
			double = await startPushDouble();
			({ service, push } = await contract.create(double.origin, () => NOW));
		});
		afterAll(() => double[Symbol.asyncDispose]());

		/** Sends once; whatever comes out holds no secret. */
		async function outcomeOf(answer: HttpAnswer, deadlineMs = 5000): Promise<Outcome> {
			double.answer(answer);
			const outcome = await service.send(push, AbortSignal.timeout(deadlineMs));
			const said = JSON.stringify(outcome);
			for (const secret of [push.registration.token, push.registration.node, push.notification.body ?? ""])
				if (secret) expect(said).not.toContain(secret);
			return outcome;
		}

		test("an accepted push is delivered", async () => {
			expect(await outcomeOf(contract.answers.delivered)).toMatchObject({ kind: "delivered" });
		});

		test("a dead token is gone, with a reason", async () => {
			const outcome = await outcomeOf(contract.answers.deadToken);
			expect(outcome).toMatchObject({ kind: "gone", reason: expect.stringMatching(/./) });
		});

		test("too many requests is retried when the service says, in seconds", async () => {
			const outcome = await outcomeOf(contract.answers.tooMany("7"));
			expect(outcome).toMatchObject({ kind: "retry", afterMs: 7000 });
		});

		test("too many requests is retried when the service says, as a date", async () => {
			const outcome = await outcomeOf(contract.answers.tooMany(new Date(NOW + 90_000).toUTCString()));
			expect(outcome).toMatchObject({ kind: "retry", afterMs: 90_000 });
		});

		test("an unwell service is retried", async () => {
			expect(await outcomeOf(contract.answers.unwell)).toMatchObject({ kind: "retry" });
		});

		test("an answer nobody documented is retried, never gone", async () => {
			expect(await outcomeOf({ status: 418 })).toMatchObject({ kind: "retry" });
		});

		test("wrong credentials never cost a registration", async () => {
			const outcome = await outcomeOf(contract.answers.wrongCredentials);
			expect(outcome.kind).toBe(contract.wrongCredentials);
		});

		test("silence is retried when the deadline comes", async () => {
			const before = performance.now();
			expect(await outcomeOf("hang", 100)).toMatchObject({ kind: "retry" });
			expect(performance.now() - before).toBeLessThan(10_000);
		});

		test("a deadline that has passed already is retried", async () => {
			const outcome = await service.send(push, AbortSignal.abort(new Error("too late")));
			expect(outcome).toMatchObject({ kind: "retry" });
		});

		test("a cut connection is retried", async () => {
			expect(await outcomeOf("cut")).toMatchObject({ kind: "retry" });
		});

		test("what is not HTTP is retried", async () => {
			expect(await outcomeOf("garbage")).toMatchObject({ kind: "retry" });
		});

		test("nothing listening is retried", async () => {
			const gone = await startPushDouble();
			const away = await contract.create(gone.origin, () => NOW);
			await gone[Symbol.asyncDispose]();
			const outcome = await away.service.send(away.push, AbortSignal.timeout(5000));
			expect(outcome).toMatchObject({ kind: "retry" });
		});

		test("an answer that floods us is classified by its status and cut off", async () => {
			const sentBefore = double.oversizedSent;
			const outcome = await outcomeOf({ status: 500, oversized: 200_000_000 });
			expect(outcome).toMatchObject({ kind: "retry" });
			await double.idle();
			expect(double.oversizedSent - sentBefore).toBeLessThan(50_000_000);
		});

		test("a token that is nonsense does not throw", async () => {
			const broken = { ...push, registration: { ...push.registration, token: "\0 nonsense" } };
			const outcome = await service.send(broken, AbortSignal.timeout(5000));
			expect(outcome).toMatchObject({ kind: contract.nonsenseToken, about: "push" });
		});

		test("a push that cannot be made is retried, and says nothing of the push service", async () => {
			const registration = {
				...push.registration,
				get node(): string {
					throw new RangeError(push.registration.token);
				},
			};
			const outcome = await service.send({ ...push, registration }, AbortSignal.timeout(5000));
			const reason = "could not prepare the push: RangeError";
			expect(outcome).toEqual({ kind: "retry", reason, about: "push" });
		});
	});
}
