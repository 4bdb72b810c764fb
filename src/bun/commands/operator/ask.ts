/**
 * Whom an operator's commands ask: the Reveille that runs, over its socket. Where none runs, the same questions are
 * answered here, from the database.
 */
import { readConfig } from "../../read-config.ts";
import { StartError } from "../../start-error.ts";
import type { Environment } from "../command.ts";
import { findRunning, type Running } from "../running.ts";

/** How long an answer may take, ms: a push that is tried waits for its push service. */
const DEADLINE_MS = 60_000;

/** Sends a question or an order to where it is answered. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** Questions and orders of an operator (routes/admin/console/operator.ts). */
export interface Operator {
	/** A Reveille runs, and answers. */
	readonly isRunning: boolean;
	/**
	 * @param path below `/operator`
	 * @param query what is asked for; undefined values are left out
	 * @throws {OperatorRefused} with the sentence that it answered
	 */
	get<T>(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<T>;
	/** The same for what changes something. @returns undefined: there is nothing to say */
	post<T = undefined>(path: string, body?: object): Promise<T>;
}

/** What was asked for was answered with an error. */
export class OperatorRefused extends StartError {
	override name = "OperatorRefused";
	/** Its status of HTTP. */
	readonly status: number;

	constructor(sentence: string, status: number) {
		super("operator-refused", sentence);
		this.status = status;
	}
}

/** @throws {StartError | ConfigError | WrongKey} with a sentence for whoever typed the command */
export async function withOperator<T>(env: Environment, use: (operator: Operator) => Promise<T>): Promise<T> {
	const config = readConfig({ ...env });
	const running = await runningIn(config.dataDir);
	if (running) return use(operatorOf(running.ask, true));
	// What answers from the database is much code: it is loaded where it is needed.
	const { withOwnAnswers } = await import("./own-answers.ts");
	return withOwnAnswers(env, config, (ask) => {
		// Beside the output, which a script may read. A process with ROLE=http has no socket to be asked by.
		if (config.role !== "http")
			process.stderr.write(
				`No Reveille runs with DATA_DIR=${config.dataDir}: this is what its database says.\n`,
			);
		return use(operatorOf(ask, false));
	});
}

/**
 * The Reveille that runs with a data folder.
 * @returns undefined: none does
 * @throws {StartError} where one does, and cannot be asked
 */
export async function runningIn(dataDir: string): Promise<Running | undefined> {
	const found = await findRunning(dataDir);
	if (found.kind === "running") return found.running;
	if (found.kind === "none") return undefined;
	throw new StartError(
		"running-silent",
		`The Reveille with this DATA_DIR cannot be asked: ${found.reason}. ${found.todo}`,
	);
}

/** A request that was sent, and has no whole answer. */
function brokenOff(error: unknown): StartError {
	const isLate = error instanceof Error && error.name === "TimeoutError";
	return new StartError(
		"running-silent",
		`The Reveille that runs ${isLate ? "did not answer in time" : "ended before it answered"}. What it did until then stays: look at its log, and type the command again.`,
		error,
	);
}

/** @param ask to where it is answered */
export function operatorOf(ask: Ask, isRunning: boolean): Operator {
	async function answerOf<T>(path: string, init: RequestInit): Promise<T> {
		const { answer, text } = await sent(path, init);
		if (answer.ok) return (text === "" ? undefined : JSON.parse(text)) as T;
		const detail = detailOf(text);
		if (detail === undefined && answer.status === 404) throw olderOne();
		throw new OperatorRefused(detail ?? `It was answered with status ${answer.status}.`, answer.status);
	}

	async function sent(path: string, init: RequestInit) {
		try {
			const answer = await ask(`/operator${path}`, { ...init, signal: AbortSignal.timeout(DEADLINE_MS) });
			return { answer, text: await answer.text() };
		} catch (error) {
			throw isRunning ? brokenOff(error) : error;
		}
	}

	return {
		isRunning,
		get(path, query = {}) {
			const given = Object.entries(query).filter((one): one is [string, string] => one[1] !== undefined);
			return answerOf(`${path}?${new URLSearchParams(given)}`, {});
		},
		post: (path, body = {}) =>
			answerOf(path, {
				method: "POST",
				headers: { "Content-Type": "application/json" },
				body: JSON.stringify(body),
			}),
	};
}

/** What the running one does not know at all was added since it started. */
export const olderOne = () =>
	new StartError(
		"running-older",
		"The Reveille that runs is of an older version, and does not know this command: start it again.",
	);

/** The sentence of problem details (RFC 9457). */
function detailOf(text: string): string | undefined {
	try {
		const { detail } = JSON.parse(text) as { detail?: unknown };
		return typeof detail === "string" ? detail : undefined;
	} catch {
		return undefined;
	}
}
