/** Devices whose server encrypts what a push says, for this browser alone: their key, from its making to `<enable/>`. */
import type { Clock } from "../clock.ts";
import { createContentKey } from "../content-key.ts";
import type { Devices, OwnDevice } from "../devices.ts";
import type { Registered, Session, SubscriptionJson } from "../kit/kit.ts";
import { asDevice } from "../this-browser.ts";
import type { Browser } from "./browser.ts";

/** A device that was enabled by an older page, or before its server could encrypt. Its client is this page. */
export const lacksKey = ({ ended, deviceId, contentKey }: OwnDevice): boolean =>
	!ended && deviceId !== undefined && contentKey === undefined;

/**
 * Enables such a device again, with a key, where its server encrypts now. It has to be registered again: the secret that
 * its server publishes with is kept nowhere here.
 * @returns whether it was enabled: Prosody sends it no push until this session has ended
 * @throws {Fault} it is woken as before then
 */
export async function encryptFromNowOn(
	{ devices, browser, clock, address }: { devices: Devices; browser: Browser; clock: Clock; address: string },
	session: Session,
	{ own, subscription }: { own: OwnDevice; subscription: SubscriptionJson },
): Promise<boolean> {
	const { encrypts } = await session.features();
	if (!encrypts) return false;
	const { name, wantsLow, deviceId = "" } = own;
	const registered = await session.registerBrowser(
		address,
		asDevice(browser, { subscription, name, deviceId, wantsLow }),
	);
	const { key, forServer } = await createContentKey();
	// First, since the answer of the server may come after the first push.
	await change(devices, own, {
		...renewedBy(registered, own),
		endpoint: subscription.endpoint,
		renewedAt: clock.now(),
		contentKey: key,
	});
	try {
		await session.enable(registered, forServer);
	} catch (error) {
		await devices.change(registered.node, ({ contentKey: _, ...device }) => device);
		throw error;
	}
	// A key change at Reveille: the former node would show each message a second time.
	if (registered.node !== own.node) await session.disable(own.jid, own.node).catch(() => {});
	return true;
}

const renewedBy = ({ jid, node, deviceSecret }: Registered, own: OwnDevice) => ({
	jid,
	node,
	deviceSecret: deviceSecret ?? own.deviceSecret,
});

async function change(devices: Devices, own: OwnDevice, to: Partial<OwnDevice> & { node: string }) {
	if (to.node === own.node) await devices.change(own.node, (device) => ({ ...device, ...to }));
	else await devices.replace(own.node, { ...own, ...to });
}
