/** This browser, registered for an account, kept, and enabled at the account's server: on our page, and on other sites. */
import { present } from "../syntax/present-fields.ts";
import { classesOf } from "./classes.ts";
import type { Devices, OwnDevice } from "./devices.ts";
import type { Declarative, DeviceKey, Registered, Session, SubscriptionJson } from "./kit/kit.ts";
import { deviceOf } from "./this-browser.ts";

export interface Registering {
	session: Pick<Session, "registerBrowser" | "end" | "enable">;
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
	name: string;
	wantsLow?: boolean;
	declarative?: Declarative;
	/** As `OwnDevice` has it. */
	service?: string;
}

export interface RegisteredDevice {
	device: OwnDevice;
	registered: Registered;
}

/** Registers, and keeps the device: from now on a push may come for it. One of the same account is replaced. */
export async function registerDevice(
	{ session, account, address, devices, endByKey, now, newId }: Registering,
	{ subscription, name, wantsLow = false, declarative, service }: WantedDevice,
): Promise<RegisteredDevice> {
	const former = (await devices.all()).filter((device) => device.account === account);
	const deviceId = former.find((device) => device.deviceId)?.deviceId ?? (await devices.deviceId(newId()));
	const registered = await session.registerBrowser(address, {
		subscription,
		name,
		deviceId,
		classes: classesOf(wantsLow),
		...present({ declarative }),
	});
	const made = deviceOf(registered, { account, name, subscription, now: now() });
	const device: OwnDevice = { ...made, wantsLow, deviceId, ...present({ service }) };
	await devices.put(device);
	for (const old of former) {
		if (old.node === registered.node) continue;
		// One that a client of the person's enabled: it would show each message a second time.
		if (old.deviceId !== deviceId) await endByKey(old).catch(() => {});
		await devices.remove(old.node);
	}
	return { device, registered };
}

/**
 * Has the account's server publish for it. What cannot be enabled is not kept: nothing would ever wake it.
 * @param begin called first; what it throws ends the registration too
 */
export async function enableDevice(
	{ session, address, devices, endByKey }: Registering,
	{ device, registered }: RegisteredDevice,
	begin = () => {},
): Promise<void> {
	try {
		begin();
		await session.enable(registered);
	} catch (error) {
		await devices.remove(device.node);
		// The server may have enabled it, and the answer is what was lost, with the way to Reveille through it.
		await session
			.end(address, device.node)
			.catch(() => endByKey(device))
			.catch(() => {});
		throw error;
	}
}
