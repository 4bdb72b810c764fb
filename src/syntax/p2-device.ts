/**
 * p2's registrations: a device has one for its account, and one for each room (`muc`) whose messages it wants. They
 * differ by their `device` alone, and the app knows each push by a hash of the device id, so both must be had from it.
 */
import type { Registration } from "../types.ts";

/** Between the device id and the room. XML has no way to write it (XML 1.0 §2.2), so no device id holds one. */
const SEPARATOR = "\u001f";

/** The `device` of a registration. */
export function p2Device(deviceId: string, muc?: string): string {
	return muc === undefined ? deviceId : `${deviceId}${SEPARATOR}${muc}`;
}

/** The device id that the client sent. */
export function p2DeviceId({ device, muc }: Pick<Registration, "device" | "muc">): string {
	return muc === undefined ? device : device.slice(0, -(SEPARATOR.length + muc.length));
}
