/** This browser, registered for an account, kept, and enabled at the account's server: on our page, and on other sites. */
import { present } from "../syntax/present-fields.ts";
import { createContentKey } from "./content-key.ts";
import type { Devices, OwnDevice } from "./devices.ts";
import type { DeviceKey, Registered, Session, SubscriptionJson } from "./kit/kit.ts";
import { asDevice, deviceOf, type ThisPage } from "./this-browser.ts";

export interface Registering {
	session: Pick<Session, "registerBrowser" | "end" | "enable" | "disable">;
	/** Whose session it is: a bare JID. */
	account: string;
	/** Reveille's JID. */
	address: string;
	devices: Devices;
	/** Ends a registration by its device secret alone. */
	endByKey(key: DeviceKey): Promise<void>;
	/** ms since the epoch */
	now(): number;
	/** One that nobody guesses. */
	newId(): string;
}

export interface WantedDevice {
	subscription: SubscriptionJson;
	page: ThisPage;
	name: string;
	wantsLow?: boolean;
	/** Whether the account's server can encrypt what a push says. */
	encrypts?: boolean;
	/** As `Session` has it. */
	invite?: string | undefined;
	/** As `OwnDevice` has it. */
	service?: string | undefined;
}

/** What `<enable/>` says, and what is kept. */
export interface RegisteredDevice {
	device: OwnDevice;
	registered: Registered;
	/** What the account's server encrypts with, if it does. */
	contentKey: string | undefined;
	/** Whether an invite was shown, which it may have used up. */
	isInvited: boolean;
}

/** Registers, and keeps the device: from now on a push may come for it. One of the same account is replaced. */
export async function registerDevice(
	{ session, account, address, devices, endByKey, now, newId }: Registering,
	{ subscription, page, name, wantsLow = false, encrypts = false, invite, service }: WantedDevice,
): Promise<RegisteredDevice> {
	const former = (await devices.all()).filter((device) => device.account === account);
	const deviceId = former.find((device) => device.deviceId)?.deviceId ?? (await devices.deviceId(newId()));
	const registered = await session.registerBrowser(address, {
		...asDevice(page, { subscription, name, deviceId, wantsLow }),
		invite,
	});
	const made = deviceOf(registered, { account, name, subscription, now: now() });
	const device: OwnDevice = { ...made, wantsLow, deviceId, ...present({ service }) };
	const contentKey = encrypts ? await putWithKey(devices, device) : undefined;
	if (contentKey === undefined) await devices.put(device);
	for (const old of former) {
		if (old.node === registered.node) continue;
		// One that a client of the person's enabled: it would show each message a second time.
		if (old.deviceId !== deviceId) await endByKey(old).catch(() => {});
		await devices.remove(old.node);
	}
	return { device, registered, contentKey, isInvited: invite !== undefined };
}

/**
 * Keeps a device with a new key.
 * @returns the key for `<enable/>`; undefined: nothing is kept, as in browsers whose private windows store no keys
 */
async function putWithKey(devices: Devices, device: OwnDevice): Promise<string | undefined> {
	const { key, forServer } = await createContentKey();
	try {
		await devices.put({ ...device, contentKey: key });
		return forServer;
	} catch {
		return undefined;
	}
}

/**
 * Has the account's server publish for it. What cannot be enabled is not kept: nothing would ever wake it. By invite it
 * stays at Reveille: the next try renews it, where a new one would find the invite used up.
 * @param begin called first; what it throws ends the registration too
 */
export async function enableDevice(
	{ session, address, devices, endByKey }: Registering,
	{ device, registered, contentKey, isInvited }: RegisteredDevice,
	begin = () => {},
): Promise<void> {
	try {
		begin();
		await session.enable(registered, contentKey);
	} catch (error) {
		await devices.remove(device.node);
		// The server may have enabled it, and the answer is what was lost, with the way to Reveille through it.
		if (isInvited) await session.disable(registered.jid, registered.node).catch(() => {});
		else
			await session
				.end(address, device.node)
				.catch(() => endByKey(device))
				.catch(() => {});
		throw error;
	}
}
