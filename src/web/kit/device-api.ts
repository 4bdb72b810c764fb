/** What a device does with its registration over HTTP, with its device secret alone (`/api/v1`). */
import type { AskedClass } from "../../types.ts";
import type { KitDeps } from "./deps.ts";
import { Fault } from "./fault.ts";
import { createJsonApi, type Json, textOf } from "./json-api.ts";
import type { DeviceApi, DeviceKey, Shown } from "./kit.ts";
import { reasonOf } from "./reason.ts";
import { testedOf } from "./tested.ts";

/** @param base as `Kit` has it */
export function createDeviceApi(base: string, deps: Pick<KitDeps, "fetch" | "timeout">): DeviceApi {
	const ask = createJsonApi(base, deps);

	/** @returns the body of the answer @throws {Fault} */
	async function call(
		method: string,
		device: DeviceKey,
		rest: { path?: string; body?: Json } = {},
	): Promise<Json> {
		const { node, deviceSecret } = device;
		const { path = "", body: question } = rest;
		const { status, body } = await ask(method, `registrations/${encodeURIComponent(node)}${path}`, {
			secret: deviceSecret,
			...(question && { body: question }),
		});
		// A captive portal says 200 to everything.
		if (method === "DELETE" && status === 200) throw new Fault({ kind: "http-away" });
		if (status < 300) return body;
		throw refusalOf(status, body);
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
