/** Registering over HTTP without a login: where the operator lets everybody (`REGISTRATION=open`). */
import { present } from "../../syntax/present-fields.ts";
import type { KitDeps } from "./deps.ts";
import { Fault } from "./fault.ts";
import { createJsonApi, textOf } from "./json-api.ts";
import type { OpenRegistration } from "./kit.ts";
import { reasonOf } from "./reason.ts";

/** @param base as `Kit` has it */
export function createOpenRegistration(
	base: string,
	deps: Pick<KitDeps, "fetch" | "timeout">,
): OpenRegistration {
	const ask = createJsonApi(base, deps);
	return {
		async isOpen() {
			const { status, body } = await ask("GET", "services");
			return status === 200 && body.registration === "open";
		},
		async register({ subscription, name }) {
			const { status, body } = await ask("POST", "registrations", {
				body: { subscription, deviceName: name },
			});
			const [jid, node, deviceSecret] = [body.jid, body.node, body.deviceSecret].map(textOf);
			if (status >= 300 || jid === undefined || node === undefined || deviceSecret === undefined) {
				const reason = reasonOf({ text: textOf(body.detail), condition: String(status) });
				throw new Fault({ kind: "reveille-refused", reason });
			}
			return { jid, node, deviceSecret, ...present({ secret: textOf(body.secret) }) };
		},
	};
}
