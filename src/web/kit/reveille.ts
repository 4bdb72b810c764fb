/** What Reveille does for an account, asked at its address by way of the account's server: ad-hoc commands (XEP-0050). */
import { type Element, xml } from "../../syntax/xml.ts";
import { Fault } from "./fault.ts";
import { type Filled, formElement, valuesIn } from "./forms.ts";
import { type IqCaller, NoAnswer, StanzaFailure } from "./iq-caller.ts";
import type { Listed, Registered, Tested } from "./kit.ts";
import { NS } from "./namespaces.ts";
import { reasonOf } from "./reason.ts";
import { StreamEnded } from "./stream-ended.ts";
import { testedOf } from "./tested.ts";

export interface Reveille {
	/**
	 * Asks anything, as one of `IqCaller`'s requests.
	 * @param about what the question is about: a registration that is not there any more is a fault of its own
	 * @throws {Fault}
	 */
	request(
		type: "get" | "set",
		child: Element,
		options?: { about?: "registration"; ms?: number },
	): Promise<Element>;
	/** @param fields of the service's form @throws {Fault} */
	register(service: "webpush" | "ntfy", fields: Filled): Promise<Registered>;
	/**
	 * What browsers subscribe with, as the empty form of `register-push-webpush` says it.
	 * @returns undefined: it does not say
	 * @throws {Fault}
	 */
	vapidPublicKey(): Promise<string | undefined>;
	/** @throws {Fault} */
	list(): Promise<readonly Listed[]>;
	/** @throws {Fault} */
	test(node: string): Promise<Tested>;
	/** @throws {Fault} */
	rename(node: string, name: string): Promise<void>;
	/** @throws {Fault} */
	end(node: string): Promise<void>;
}

/**
 * @param address Reveille's JID
 * @param domain the account's
 */
export function reveilleAt(address: string, domain: string, iq: IqCaller): Reveille {
	const request: Reveille["request"] = async (type, child, { about, ms } = {}) => {
		try {
			return await iq.request(type, child, address, ms);
		} catch (error) {
			throw faultOf(error, { address, domain, about });
		}
	};

	/** @returns the form of the answer, if it has one */
	async function execute(
		node: string,
		form: Element[],
		about?: "registration",
	): Promise<Element | undefined> {
		const command = { xmlns: NS.commands, node, action: "execute" };
		const answer = await request("set", xml("command", command, ...form), { ...(about && { about }) });
		return answer.getChild("command", NS.commands)?.getChild("x", NS.dataForms);
	}

	const run = (node: string, filled: Filled = {}, about?: "registration") =>
		execute(node, [formElement(filled)], about);

	return {
		request,

		async register(service, fields) {
			const values = valuesIn(await run(`register-push-${service}`, fields));
			const [jid, node] = [values.get("jid"), values.get("node")];
			if (!jid || !node) return unreadable();
			const secret = values.get("secret");
			const deviceSecret = values.get("device-secret");
			return {
				jid,
				node,
				...(secret !== undefined && { secret }),
				...(deviceSecret !== undefined && { deviceSecret }),
			};
		},

		async vapidPublicKey() {
			return valuesIn(await execute("register-push-webpush", [])).get("vapid-public-key");
		},

		async list() {
			const form = await run("list-push-registrations");
			return (form?.getChildren("item", NS.dataForms) ?? []).flatMap((item) => listedOf(valuesIn(item)));
		},

		async test(node) {
			const values = valuesIn(await run("test-push", { node }, "registration"));
			return testedOf(values.get("result"), values.get("reason")) ?? unreadable();
		},

		async rename(node, name) {
			await run("rename-push", { node, "device-name": name }, "registration");
		},

		async end(node) {
			try {
				await run("unregister-push", { nodes: node }, "registration");
			} catch (error) {
				if (!(error instanceof Fault && error.reason.kind === "ended")) throw error;
			}
		},
	};
}

/** Somebody else is at the address. */
function unreadable(): never {
	throw new Fault({ kind: "reveille-refused", reason: "The answer is none of Reveille's." });
}

/** @returns none where the item names no registration */
function listedOf(values: ReadonlyMap<string, string>): Listed[] {
	const node = values.get("node");
	if (!node) return [];
	// The time, a blank, and the reason.
	const [at = "", ...words] = (values.get("last-error") ?? "").split(" ");
	const [lastSuccessAt, lastErrorAt] = [timeOf(values.get("last-success")), timeOf(at)];
	const lastError = lastErrorAt === undefined ? "" : words.join(" ");
	return [
		{
			node,
			name: values.get("device-name") ?? "",
			app: values.get("app") ?? "",
			...(lastSuccessAt !== undefined && { lastSuccessAt }),
			...(lastErrorAt !== undefined && { lastErrorAt }),
			...(lastError !== "" && { lastError: reasonOf({ text: lastError }) }),
			...(values.get("invite") && { invite: reasonOf({ text: values.get("invite") }) }),
		},
	];
}

/** @param text XEP-0082 */
function timeOf(text: string | undefined): number | undefined {
	const time = Date.parse(text ?? "");
	return Number.isNaN(time) ? undefined : time;
}

/** Errors of the servers on the way, which did not reach Reveille. */
const AWAY: ReadonlySet<string> = new Set([
	"recipient-unavailable",
	"remote-server-not-found",
	"remote-server-timeout",
	"service-unavailable",
]);

function faultOf(
	error: unknown,
	{ address, domain, about }: { address: string; domain: string; about: "registration" | undefined },
): unknown {
	if (error instanceof NoAnswer) return new Fault({ kind: "reveille-away", address });
	if (error instanceof StreamEnded) return new Fault({ kind: "disconnected", domain });
	if (!(error instanceof StanzaFailure)) return error;
	const { type, condition } = error;
	const reason = reasonOf(error);
	if (AWAY.has(condition)) return new Fault({ kind: "reveille-away", address });
	if (error.invite === "missing") return new Fault({ kind: "invite-needed", address, domain });
	if (error.invite !== undefined) return new Fault({ kind: "no-invite", reason });
	if (condition === "forbidden") return new Fault({ kind: "not-allowed", address, domain });
	if (condition === "item-not-found" && about) return new Fault({ kind: "ended" });
	return new Fault({ kind: type === "wait" ? "not-now" : "reveille-refused", reason });
}
