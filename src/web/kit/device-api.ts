/** What a device does with its registration over HTTP, with its device secret alone (`/api/v1`). */
import { wholeAnswer } from "../../limits/answer-size.ts";
import { webKitBounds } from "../../limits/bounds/web-kit.ts";
import type { AskedClass } from "../../types.ts";
import type { KitDeps } from "./deps.ts";
import { Fault } from "./fault.ts";
import type { DeviceApi, DeviceKey, Shown } from "./kit.ts";
import { reasonOf } from "./reason.ts";
import { testedOf } from "./tested.ts";

type Json = Readonly<Record<string, unknown>>;

/** @param base as `Kit` has it */
export function createDeviceApi(
	base: string,
	{ fetch, timeout }: Pick<KitDeps, "fetch" | "timeout">,
): DeviceApi {
	/** @returns the body of the answer @throws {Fault} */
	async function call(
		method: string,
		device: DeviceKey,
		rest: { path?: string; body?: Json } = {},
	): Promise<Json> {
		const { node, deviceSecret } = device;
		const { path = "", body } = rest;
		const url = `${base}/api/v1/registrations/${encodeURIComponent(node)}${path}`;
		const signal = timeout(webKitBounds.answerTime.is);
		const answered = await fetch(url, {
			method,
			signal,
			cache: "no-store",
			credentials: "omit",
			// The secret is for Reveille alone.
			redirect: "error",
			headers: {
				Authorization: `Bearer ${deviceSecret}`,
				...(body && { "Content-Type": "application/json" }),
			},
			...(body && { body: JSON.stringify(body) }),
		})
			.then(async (answer) => ({ status: answer.status, body: await jsonOf(answer, signal) }))
			.catch(() => undefined);
		// No network, no answer in time, or an answer of somebody between.
		if (!answered) throw new Fault({ kind: "http-away" });
		// Nor of a captive portal, which says 200 to everything.
		if (method === "DELETE" && answered.status === 200) throw new Fault({ kind: "http-away" });
		if (answered.status < 300) return answered.body;
		throw refusalOf(answered.status, answered.body);
	}

	return {
		show: async (device) => shownOf(await call("GET", device)),

		async renew(device, { subscription, name, classes }) {
			const { endpoint, keys } = subscription;
			const body = {
				subscription: { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } },
				...(name !== undefined && { deviceName: name }),
				...(classes !== undefined && { classes }),
			};
			const answer = await call("PUT", device, { body });
			const [node, deviceSecret] = [textOf(answer.node), textOf(answer.deviceSecret)];
			// Reveille names the node: somebody between renewed nothing.
			if (node === undefined) throw new Fault({ kind: "http-away" });
			return { node, deviceSecret: deviceSecret ?? device.deviceSecret };
		},

		async test(device) {
			try {
				const { result, reason } = await call("POST", device, { path: "/test" });
				const tested = testedOf(result, textOf(reason));
				if (!tested) throw new Fault({ kind: "http-away" });
				return tested;
			} catch (error) {
				if (!(error instanceof Fault && error.reason.kind === "not-now")) throw error;
				return { result: "not-now", reason: error.reason.reason };
			}
		},

		async end(device) {
			try {
				await call("DELETE", device);
			} catch (error) {
				if (!(error instanceof Fault && error.reason.kind === "ended")) throw error;
			}
		},
	};
}

/** @throws where it is none */
async function jsonOf(answer: Response, signal: AbortSignal): Promise<Json> {
	if (answer.status === 204) return {};
	const whole = await wholeAnswer(new Response(answer.body), webKitBounds.apiAnswer.is, signal);
	const body: unknown = await whole.json();
	if (typeof body !== "object" || body === null) throw new TypeError("no object");
	return body as Json;
}

/** Reveille's problems (RFC 9457): one that is not there, or not with this secret, and one that has ended. */
const ENDED = /#problem-(no-such-registration|gone)$/;

/** @param problem RFC 9457 */
function refusalOf(status: number, problem: Json): Fault {
	if (ENDED.test(textOf(problem.type) ?? "")) return new Fault({ kind: "ended" });
	// Somebody else's word: no device is given up for it.
	if (status === 404 || status === 410) return new Fault({ kind: "http-away" });
	const reason = reasonOf({ text: textOf(problem.detail), condition: String(status) });
	return new Fault({ kind: status === 429 || status >= 500 ? "not-now" : "reveille-refused", reason });
}

const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);
/** @returns ms */
const timeOf = (value: unknown) => {
	const time = Date.parse(textOf(value) ?? "");
	return Number.isNaN(time) ? undefined : time;
};

/** @throws {Fault} */
function shownOf(body: Json): Shown {
	const [registeredAt, renewedAt] = [timeOf(body.registeredAt), timeOf(body.renewedAt)];
	if (registeredAt === undefined || renewedAt === undefined) throw new Fault({ kind: "http-away" });
	const [name, lastError] = [textOf(body.deviceName), textOf(body.lastError)];
	const [lastSuccessAt, lastErrorAt] = [timeOf(body.lastSuccessAt), timeOf(body.lastErrorAt)];
	return {
		registeredAt,
		renewedAt,
		...(name !== undefined && { name }),
		...(lastSuccessAt !== undefined && { lastSuccessAt }),
		...(lastErrorAt !== undefined && { lastErrorAt }),
		...(lastError !== undefined && { lastError: reasonOf({ text: lastError }) }),
		...(Array.isArray(body.classes) && { classes: body.classes as AskedClass[] }),
	};
}
