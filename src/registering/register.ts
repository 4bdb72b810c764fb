/** What every way in does to register a device: check it, count, store. */
import type { Keyring } from "../secrets.ts";
import type { Enablings } from "../store/enablings.ts";
import type { QuotaName } from "../store/registrations/quotas.ts";
import type { NewRegistration, Registrations } from "../store/registrations/registrations.ts";
import type { Device, DeviceInput, PushService, Registration } from "../types.ts";
import { givenNode, type NodeSource } from "./nodes.ts";
import { isEnabledByUs } from "./own-users.ts";

export interface RegisteringDeps {
	registrations: Pick<Registrations, "register" | "registerInBatch">;
	keyring: Pick<Keyring, "secretOf" | "deviceSecretOf" | "underCurrentKey" | "usable">;
	nodes: NodeSource;
}

/** A device that its push service can reach. */
export interface CheckedDevice {
	device: Device;
	/** Where quotas count by it. */
	host: string | undefined;
}

/** @throws {InvalidDevice} with a sentence that says what to change */
export function checkDevice(service: PushService, input: DeviceInput): CheckedDevice {
	const device = service.parseDevice(input);
	return { device, host: service.hostOf?.(device) };
}

/** Whose it is, and what makes it unique. */
export type Identity = Omit<NewRegistration, keyof Device | "host">;

/**
 * Creates or renews a registration.
 * @throws {NoNodeReady} where a pubsub host takes the publishes in
 * @returns its row with its secrets, all of the current key, or the quota that is full. `secret` is what its owner's
 *   server publishes with, `deviceSecret` what the device proves itself by
 */
export async function register(
	{ registrations, keyring, nodes }: RegisteringDeps,
	{ device, host }: CheckedDevice,
	identity: Identity,
): Promise<
	| { kind: "registered"; registration: Registration; secret: string; deviceSecret: string }
	| { kind: "over-quota"; quota: QuotaName }
> {
	const { jid } = identity;
	const wanted = { ...device, ...identity, ...(host !== undefined && { host }) };
	// A pubsub host's node is claimed, so only for a row that there is room for.
	const result = nodes.isPubsubHost(jid)
		? await registrations.register(wanted, () => nodes.create(jid))
		: await registrations.registerInBatch(wanted, await nodes.create(jid));
	if (result.kind === "over-quota") return result;
	const given = givenNode(result.registration, { keyring, nodes });
	const registration = { ...result.registration, node: given };
	const [secret, deviceSecret] = await Promise.all([
		// A pubsub host's node may be of a key that is gone: no secret is handed out for it.
		keyring.secretOf(keyring.usable(given)),
		keyring.deviceSecretOf(given),
	]);
	return { kind: "registered", registration, secret, deviceSecret };
}

/**
 * The same for an own user, at whose server push is to be enabled: that is written down first, so that nothing which
 * ends this process leaves a registration of which nobody's server will ever hear.
 * @throws {NoNodeReady} likewise
 */
export async function registerToEnable(
	deps: RegisteringDeps & {
		registrations: Pick<Registrations, "findDevice" | "ofOwner">;
		enablings: Pick<Enablings, "want" | "drop" | "end">;
	},
	checked: CheckedDevice,
	identity: Identity & { jid: string },
): ReturnType<typeof register> {
	const { enablings, nodes } = deps;
	const { owner, jid } = identity;
	const known = await knownDevice(deps, checked, identity);
	const node = known ? givenNode(known, deps) : await nodes.create(jid);
	if (!(await enablings.want({ node, owner, jid }))) return { kind: "over-quota", quota: "owner" };
	// One that ended meanwhile does not come back: it gets another node.
	const noted = { ...nodes, create: async () => (known ? nodes.create(jid) : node) };
	let made: Awaited<ReturnType<typeof register>> | undefined;
	try {
		made = await register({ ...deps, nodes: noted }, checked, {
			...identity,
			device: known?.device ?? identity.device,
		});
	} finally {
		// One that is there already stays enabled.
		if (made?.kind !== "registered" && !known) await enablings.drop(node);
	}
	if (made.kind === "registered" && made.registration.node !== node) {
		// Another request was faster: its node is the registration's.
		await enablings.want({ node: made.registration.node, owner, jid });
		await (known ? enablings.end([node]) : enablings.drop(node));
	}
	return made;
}

/** What is this device already: also one that was given this token later. */
async function knownDevice(
	{ registrations }: { registrations: Pick<Registrations, "findDevice" | "ofOwner"> },
	{ device: { token } }: CheckedDevice,
	{ owner, app, device, dialect }: Identity,
): Promise<Registration | undefined> {
	const known = await registrations.findDevice(owner, app, device);
	if (known) return known;
	const all = await registrations.ofOwner(owner);
	return all.find(
		(one) => one.app === app && one.token === token && one.dialect === dialect && isEnabledByUs(one),
	);
}

/** Why a quota is full and what to do, with the setting that raises it. */
export function quotaReason(quota: QuotaName): { reason: string; setting?: string } {
	switch (quota) {
		case "owner":
			return {
				reason:
					"Your account has as many registrations as this server allows: unregister some that you do not use.",
			};
		case "address":
			return raised("Your network address has", "MAX_REGISTRATIONS_PER_ADDRESS");
		case "host":
			return raised("The push service of this endpoint has", "MAX_REGISTRATIONS_PER_HOST", NAMING);
		case "share":
			return raised(
				"At the push service of this endpoint your domain or network has",
				"MAX_REGISTRATIONS_PER_HOST",
				NAMING,
			);
	}
}

const NAMING = ", or lifts it by naming the push service in WEBPUSH_ALLOW_HOSTS";

function raised(whose: string, setting: string, or = "") {
	const reason = `${whose} as many registrations as this server allows. The operator raises that with ${setting}${or}.`;
	return { reason, setting };
}
