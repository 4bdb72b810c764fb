/** UnifiedPush: gives an app on a user's phone an endpoint, and the same one whenever the phone renews it. */
import { registrationBounds } from "../limits/bounds/registrations.ts";
import { bytesOf } from "../limits/text-length.ts";
import type { Keyring } from "../secrets.ts";
import { NoSpace } from "../store/disk-full.ts";
import type { Registrations } from "../store/registrations/registrations.ts";
import { endpointUrl } from "../syntax/endpoints.ts";
import type { Registrar } from "../xmpp/commands/registrar.ts";
import { bareOf, resourceOf } from "../xmpp/jid.ts";
import { partyOfOwner } from "../xmpp/party.ts";
import { deviceOf, type Instance, type Refusal, UNIFIED_PUSH } from "../xmpp/unified-push.ts";
import { type RefusedRegistration, refusedRegistration } from "./refused-registration.ts";
import { quotaReason } from "./register.ts";
import type { RegistrationRate } from "./registration-rate.ts";

/** What a person reads of the client's resource in a list of devices. */
const NAME_LENGTH = 60;

export type EndpointResult =
	/** `expiresAt`: ms since the epoch. */
	| { kind: "registered"; endpoint: string; expiresAt: number }
	| { kind: "refused"; why: Refusal; reason: string };

export interface UnifiedPushRegistrarDeps {
	/** What endpoints begin with. */
	publicUrl: string;
	/** How long an endpoint lives that is not renewed, ms. */
	endpointLifeMs: number;
	registrations: Pick<Registrations, "registerInBatch" | "findDevice" | "nameDevice">;
	keyring: Pick<Keyring, "createNode" | "underCurrentKey" | "endpointSecretOf">;
	/** Who may register: as for all else at this address. */
	registrar: Pick<Registrar, "mayRegister" | "isInvited">;
	rate: RegistrationRate;
	/** Hears of those who may not register. Missing: nobody does. */
	note?(refused: RefusedRegistration): void;
}

/** @returns makes or renews an endpoint. `jid`: the full JID that asks; `to`: the address that it asks */
export function createUnifiedPushRegistrar(
	deps: UnifiedPushRegistrarDeps,
): (asked: Instance & { jid: string; to: string }) => Promise<EndpointResult> {
	const { publicUrl, registrations, keyring, registrar, rate } = deps;

	return async ({ jid, to, ...instance }) => {
		const owner = bareOf(jid);
		const party = partyOfOwner(owner);
		const device = deviceOf(instance);
		const refuse = (why: Refusal, reason: string): EndpointResult => {
			deps.note?.(
				refusedRegistration(owner, { kind: why === "forbidden" ? "no-invite" : why, reason }, false),
			);
			return { kind: "refused", why, reason };
		};

		const longest = registrationBounds.jid.is;
		if (bytesOf(jid) > longest || bytesOf(to) > longest)
			return refuse("not-acceptable", `An address has more than ${longest} bytes: it is not kept.`);
		if (!(await registrar.mayRegister(owner)) && !(await registrar.isInvited(owner)))
			return refuse("forbidden", "This push server does not let your address register.");
		const tooOften = await rate.refuses({ owner, party }, async () => {
			return (await registrations.findDevice(owner, UNIFIED_PUSH, device)) !== undefined;
		});
		if (tooOften !== undefined) return refuse("resource-constraint", tooOften);

		const wanted = {
			owner,
			party,
			app: UNIFIED_PUSH,
			device,
			token: jid,
			jid: to,
			dialect: "unifiedpush" as const,
		};
		const result = await registrations
			.registerInBatch(wanted, keyring.createNode())
			.catch((error: unknown) => {
				if (error instanceof NoSpace) return error;
				throw error;
			});
		if (result instanceof NoSpace) return refuse("resource-constraint", result.message);
		if (result.kind === "over-quota") return refuse("resource-constraint", quotaReason(result.quota).reason);
		const { node, renewedAt } = result.registration;
		// Only once: its owner may give it another name.
		if (result.kind === "created") await registrations.nameDevice(node, nameOf(jid));
		const given = keyring.underCurrentKey(node);
		return {
			kind: "registered",
			endpoint: endpointUrl(publicUrl, `${given}.${await keyring.endpointSecretOf(given)}`),
			expiresAt: renewedAt + deps.endpointLifeMs,
		};
	};
}

/** What tells people their devices apart: clients name themselves in their resource. */
const nameOf = (jid: string) =>
	`UnifiedPush: ${(resourceOf(jid) ?? "").slice(0, NAME_LENGTH).toWellFormed()}`;
