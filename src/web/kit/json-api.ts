/** Reveille's JSON API (`/api/v1`), asked from a page of any origin: one question, one bounded answer. */
import { wholeAnswer } from "../../limits/answer-size.ts";
import { webKitBounds } from "../../limits/bounds/web-kit.ts";
import { present } from "../../syntax/present-fields.ts";
import type { KitDeps } from "./deps.ts";
import { Fault } from "./fault.ts";

export type Json = Readonly<Record<string, unknown>>;

export interface JsonAnswer {
	status: number;
	/** `{}` where there is none. */
	body: Json;
}

/**
 * @param path below `/api/v1/`
 * @param secret a device secret: it is for Reveille alone, so no redirect is followed
 * @throws {Fault} `http-away`: no network, no answer in time, or an answer of somebody between
 */
export type AskJson = (
	method: string,
	path: string,
	question?: { secret?: string; body?: Json },
) => Promise<JsonAnswer>;

/** @param base as `Kit` has it */
export function createJsonApi(base: string, { fetch, timeout }: Pick<KitDeps, "fetch" | "timeout">): AskJson {
	return async (method, path, { secret, body } = {}) => {
		const signal = timeout(webKitBounds.answerTime.is);
		try {
			const answer = await fetch(`${base}/api/v1/${path}`, {
				method,
				signal,
				cache: "no-store",
				credentials: "omit",
				redirect: "error",
				headers: present({
					Authorization: secret === undefined ? undefined : `Bearer ${secret}`,
					"Content-Type": body && "application/json",
				}),
				...present({ body: body && JSON.stringify(body) }),
			});
			return { status: answer.status, body: await jsonOf(answer, signal) };
		} catch {
			throw new Fault({ kind: "http-away" });
		}
	};
}

/** @throws where it is no object */
async function jsonOf(answer: Response, signal: AbortSignal): Promise<Json> {
	if (answer.status === 204) return {};
	const whole = await wholeAnswer(new Response(answer.body), webKitBounds.apiAnswer.is, signal);
	const body: unknown = await whole.json();
	if (typeof body !== "object" || body === null) throw new TypeError("no object");
	return body as Json;
}

/** @returns nothing where it is no text */
export const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);
