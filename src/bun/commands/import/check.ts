/** Turns what a reader found into a registration of ours, or says why it cannot be one. */

import { registrationBounds } from "../../../limits/bounds/registrations.ts";
import { bytesOf } from "../../../limits/text-length.ts";
import type { AppChoice } from "../../../registering/app-choice.ts";
import { isOwnNode, type Keyring } from "../../../secrets.ts";
import { formDeviceKey } from "../../../store/registrations/device-key.ts";
import type { ImportedRegistration } from "../../../store/registrations/import.ts";
import { rowBytes } from "../../../store/registrations/row-size.ts";
import { type App, InvalidDevice, type PushService } from "../../../types.ts";
import { bareOf, isBareJid } from "../../../xmpp/jid.ts";
import { partyOfOwner } from "../../../xmpp/party.ts";
import { SERVICE_BY_NAME } from "../../../xmpp/service-names.ts";
import type { Found } from "./found-registration.ts";

/** Why one is left out, in words that quote nothing of it. */
export class Unfit extends Error {
	override name = "Unfit";
}

export interface CheckingDeps {
	/** Which app each is of: as registering chooses it, so that the device finds its registration again. */
	choice: Pick<AppChoice, "choose" | "called">;
	/** The app of those that say neither type nor app. */
	only: App | undefined;
	/** By the name of their app. */
	services: ReadonlyMap<string, PushService>;
	keyring: Keyring;
	/** Form clients are known by their device id alone (TRUST_DEVICE_ID). */
	trustDeviceId: boolean;
	retentionDays: number;
	/** When the import began, ms. */
	now: number;
}

/** A part of a JID is no longer (RFC 7622 §3.1), and neither is what stands for one. */
const LONGEST = registrationBounds.importedNode.is;
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be in an attribute of XML
const CONTROL = /[\u0000-\u001f\u007f]/;
/** XEP-0082, as mod_push_appserver writes it: 2017-03-17T02:10:21Z. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const DAY_MS = 86_400_000;

/** @throws {Unfit} */
export async function check(found: Found, deps: CheckingDeps): Promise<ImportedRegistration> {
	const { fields, unfit, jid } = found;
	if (unfit !== undefined) throw new Unfit(unfit);
	const { node, secret, token } = fields;
	if (!node) throw new Unfit("it has no node");
	if (!secret) throw new Unfit("it has no secret: nobody could publish to it");
	if (!token) throw new Unfit("it has no token");
	checkNode(node);
	if (bytesOf(secret) > LONGEST || CONTROL.test(secret))
		throw new Unfit("its secret is longer than any, or no text");

	const app = appOf(found, deps);
	const service = deps.services.get(app.name);
	if (!service) throw new Unfit(`the app ${app.name} is not set up here`);
	const device = deviceOf(found, service);
	const host = service.hostOf?.(device);
	const times = timesOf(fields, deps);
	const owner = ownerOf(fields.owner);
	const deviceId = fields.device_id ?? node;
	const imported = {
		...device,
		node,
		formerHash: await deps.keyring.hashFormer(node, secret),
		owner,
		app: app.name,
		device: owner ? deviceId : await formDeviceKey(deviceId, deps.trustDeviceId ? undefined : device.token),
		...(jid !== undefined && { jid, dialect: "push-appserver" as const }),
		...(host !== undefined && { host }),
		...(owner !== "" && { party: partyOfOwner(owner) }),
		...times,
	};
	if (rowBytes(imported) > registrationBounds.row.is)
		throw new Unfit(`it is longer than ${registrationBounds.row.is} bytes`);
	return imported;
}

function checkNode(node: string) {
	if (bytesOf(node) > LONGEST) throw new Unfit(`its node is longer than ${LONGEST} bytes`);
	// Such a node is taken for a device's token (delivery/push-modules.ts).
	if (CONTROL.test(node) || node.startsWith("module:"))
		throw new Unfit("its node is none that could be published to");
	if (isOwnNode(node))
		throw new Unfit("its node has the form of Reveille's own, which its key must have made");
}

/** What it says itself, or else what its type means. @throws {Unfit} */
function appOf({ fields: { app, type }, jid = "" }: Found, { choice, only }: CheckingDeps): App {
	if (app !== undefined) {
		const its = choice.called(app);
		if (!its) throw new Unfit(`there is no app here called ${shown(app)}`);
		if (type === undefined || SERVICE_BY_NAME.get(type) === its.service) return its;
		throw new Unfit(`its type is not that of the app ${its.name}`);
	}
	if (type === undefined) {
		if (only) return only;
		throw new Unfit("it has neither type nor app");
	}
	const its = choice.choose({ type }, jid);
	if (its) return its;
	const service = SERVICE_BY_NAME.get(type);
	throw new Unfit(
		service
			? `no app of ${service} is set up here: settings that begin with ${service.toUpperCase()}_ set one up`
			: `its type ${shown(type)} is not known`,
	);
}

/** A name that somebody misspelt, or a token in the wrong column. */
const shown = (name: string) => (name.length <= 30 ? JSON.stringify(name) : "(a long one)");

function deviceOf({ fields }: Found, service: PushService) {
	const { token, voip_token: voipToken, application_id: applicationId, p256dh, auth } = fields;
	try {
		return service.parseDevice({ token, voipToken, applicationId, p256dh, auth });
	} catch (error) {
		if (error instanceof InvalidDevice) throw new Unfit(`its device: ${error.message}`);
		throw error;
	}
}

/** When it was registered, renewed and last delivered to, as far as that is known; none of it is to come. */
function timesOf(fields: Found["fields"], { now, retentionDays }: CheckingDeps) {
	const time = (text: string | undefined) => {
		if (text === undefined) return undefined;
		const at = TIME.test(text) ? Date.parse(text) : Number.NaN;
		if (Number.isNaN(at)) throw new Unfit("one of its times is not like 2017-03-17T02:10:21Z");
		return Math.min(at, now);
	};
	const registeredAt = time(fields.registered);
	const renewed = time(fields.renewed);
	const lastSuccessAt = time(fields.last_successful_push);
	// A device of another type under the same id: the module notes the registration, and leaves the older renewal.
	const known = [registeredAt, renewed].filter((at) => at !== undefined);
	const renewedAt = known.length > 0 ? Math.max(...known) : undefined;
	if (renewedAt !== undefined && Math.max(renewedAt, lastSuccessAt ?? 0) < now - retentionDays * DAY_MS) {
		throw new Unfit(`neither renewed nor delivered to for ${retentionDays} days (RETENTION_DAYS)`);
	}
	return {
		...(registeredAt !== undefined && { registeredAt }),
		...(renewedAt !== undefined && { renewedAt }),
		...(lastSuccessAt !== undefined && { lastSuccessAt }),
	};
}

function ownerOf(text: string | undefined): string {
	if (text === undefined) return "";
	if (!isBareJid(text)) throw new Unfit("its owner is no bare JID like user@example.net");
	if (bytesOf(text) > registrationBounds.jid.is)
		throw new Unfit(`its owner is longer than ${registrationBounds.jid.is} bytes`);
	return bareOf(text);
}
