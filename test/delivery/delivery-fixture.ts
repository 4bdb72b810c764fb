/** What delivery is tested with: real databases, a push service that says what it is told to, a log that is read. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "@logtape/logtape";
import { type OpenDatabase, openDatabase } from "../../src/bun/database/open.ts";
import { createAdmission } from "../../src/delivery/admission.ts";
import { createDelivery, type Delivery, type DeliveryDeps } from "../../src/delivery/delivery.ts";
import type { Gates } from "../../src/delivery/gates/gates.ts";
import { createVerdicts } from "../../src/delivery/outcomes/dead-token-verdicts.ts";
import { createResults, type Results } from "../../src/delivery/outcomes/push-results.ts";
import type { Modules } from "../../src/delivery/push-modules.ts";
import type { Tagging } from "../../src/delivery/tagging.ts";
import { createKeyring, type Keyring } from "../../src/secrets.ts";
import { type Outbox, type OutboxEntry, openOutbox } from "../../src/store/local/outbox.ts";
import { createRegistrations, type Registrations } from "../../src/store/registrations/registrations.ts";
import type { Notification, Outcome, Push, PushService, Registration } from "../../src/types.ts";
import { openTestDatabase, type TestDatabase } from "../database.ts";

/** For what gates have no part in; their own tests have real ones. */
const ALWAYS_OPEN: Gates = {
	enter: () => ({ kind: "go", leave: () => true }),
	shut: () => [],
	shutSince: () => [],
	inFlight: () => new Map(),
};

/** For what the way without registering has no part in; its own tests have real ones. */
export const NO_MODULES: Pick<Modules, "admit" | "admitApns"> = {
	admit: () => ({ kind: "unknown", reason: "no such push module" }),
	admitApns: () => ({ kind: "unknown", reason: "no app here has this topic" }),
};

/** For what nobody tags in; its own tests have a real one. */
const NOBODY_TAGS: Tagging = { has: () => false, note() {}, written: async () => {} };

export const TOKEN = "https://push.example/token-that-must-not-be-logged";
export const OWNER = "juliet@capulet.example";
export const PLENTY = { owner: 1000, address: 1000, host: 1000 };

/** A log that keeps what it is told, as text. */
export function readableLog(): { log: Logger; lines: string[] } {
	const lines: string[] = [];
	const write =
		(level: string) =>
		(template: string, properties: unknown = {}) =>
			lines.push(
				`${level} ${template} ${JSON.stringify(typeof properties === "function" ? properties() : properties)}`,
			);
	const log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
	return { log: log as unknown as Logger, lines };
}

/** A call of the push service, waiting to be answered. */
export interface Call extends Push {
	signal: AbortSignal;
	answer(outcome: Outcome): void;
}

/** A push service that answers with what it was programmed to, or when the test says so. */
export class FakeService implements PushService {
	readonly name = "webpush";
	readonly calls: Call[] = [];
	/** The answers to come; without one a call waits for the test. */
	readonly program: (Outcome | Error)[] = [];
	#taken = 0;
	#arrived: (() => void) | undefined;

	parseDevice = () => ({ token: TOKEN });
	hostOf = () => undefined;

	send(push: Push, signal: AbortSignal): Promise<Outcome> {
		return new Promise((resolve, reject) => {
			this.calls.push({ ...push, signal, answer: resolve });
			const next = this.program.shift();
			if (next instanceof Error) reject(next);
			else if (next) resolve(next);
			this.#arrived?.();
		});
	}

	/** The next call, once it comes. */
	async next(): Promise<Call> {
		while (this.calls.length <= this.#taken)
			await new Promise<void>((resolve) => {
				this.#arrived = resolve;
			});
		return this.calls[this.#taken++] as Call;
	}
}

export interface DeliveryFixture {
	shared: TestDatabase;
	outboxUrl: string;
	outboxFile: OpenDatabase;
	outbox: Outbox;
	registrations: Registrations;
	keyring: Keyring;
	service: FakeService;
	results: Results;
	log: Logger;
	lines: string[];
	/** When the outbox got entries, by the time they are due. */
	queued: number[];
	clock: { now: number };
	delivery: Delivery;
	/** Composes another delivery over the same stores. */
	compose(changes?: Partial<DeliveryDeps>): Delivery;
	/** Registers a device, and gives its secret. */
	register(device?: string, token?: string): Promise<{ registration: Registration; secret: string }>;
	/** Every row of the outbox. */
	rows(): Promise<OutboxEntry[]>;
	close(): Promise<void>;
}

export async function openDeliveryFixture(changes: Partial<DeliveryDeps> = {}): Promise<DeliveryFixture> {
	const folder = await mkdtemp(join(tmpdir(), "reveille-test-"));
	const shared = await openTestDatabase();
	const outboxUrl = `file:${join(folder, "outbox.db")}`;
	const outboxFile = await openDatabase({ url: outboxUrl, migrations: "outbox" });
	const outbox = await openOutbox(outboxFile.db);
	const clock = { now: 1_000_000 };
	const now = () => clock.now;
	const registrations = createRegistrations(shared.db, PLENTY, { now });
	const keyring = await createKeyring("the key of the tests, 32 characters and more");
	const service = new FakeService();
	const { log, lines } = readableLog();
	const results = createResults(registrations, log, now);
	const queued: number[] = [];
	const compose = (more: Partial<DeliveryDeps> = {}) =>
		createDelivery({
			registrations,
			outbox,
			results,
			admit: createAdmission({ keyring, modules: NO_MODULES, log, now }),
			tagging: NOBODY_TAGS,
			publishers: "own",
			services: new Map([["webpush", service]]),
			apps: [{ name: "webpush", service: "webpush" }],
			gates: ALWAYS_OPEN,
			verdicts: createVerdicts({ now }),
			maxInFlight: 1000,
			pushIntervalMs: 0,
			pushTtlSeconds: 3600,
			log,
			onQueued: (dueAt) => queued.push(dueAt),
			now,
			random: () => 1,
			...changes,
			...more,
		});
	return {
		shared,
		outboxUrl,
		outboxFile,
		outbox,
		registrations,
		keyring,
		service,
		results,
		log,
		lines,
		queued,
		clock,
		compose,
		delivery: compose(),
		async register(device = "phone", token = TOKEN) {
			const wanted = { owner: OWNER, app: "webpush", device, token };
			const result = await registrations.register(wanted, () => keyring.createNode());
			if (result.kind === "over-quota") throw new Error("over quota");
			return { registration: result.registration, secret: await keyring.secretOf(result.registration.node) };
		},
		async rows() {
			const queues = await outbox.queues(undefined, 1000);
			const entries = queues.map(({ queue }) => outbox.due(queue, Number.MAX_SAFE_INTEGER, 1000));
			return (await Promise.all(entries)).flat().sort((a, b) => a.dueAt - b.dueAt);
		},
		async close() {
			outboxFile.client.close();
			await shared.close();
			await rm(folder, { recursive: true, force: true });
		},
	};
}

export const HIGH: Notification = { class: "high", body: "body that must not be logged", sender: OWNER };

/** Every method of an object fails, as when its database is away. */
export const away = <T extends object>(store: T, ...names: (keyof T)[]): T =>
	new Proxy(store, {
		get(target, name) {
			if (names.length > 0 && !names.includes(name as keyof T)) return Reflect.get(target, name);
			return () => Promise.reject(new Error("no connection"));
		},
	});
