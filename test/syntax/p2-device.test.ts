import { expect, test } from "bun:test";
import { p2Device, p2DeviceId } from "../../src/syntax/p2-device.ts";

test.each([[undefined], ["coven@chat.example.net"]])("a device id comes back, with the room %p", (muc) => {
	for (const deviceId of ["9774d56d682e549c", "a coven@chat.example.net", "", "köln"]) {
		expect(p2DeviceId({ device: p2Device(deviceId, muc), ...(muc !== undefined && { muc }) })).toBe(deviceId);
	}
});

test("a room's registration is never the account's, whatever the device id looks like", () => {
	const devices = [
		p2Device("a", "b@c"),
		p2Device("a"),
		p2Device("ab@c"),
		p2Device("a b@c"),
		p2Device("", "ab@c"),
	];
	expect(new Set(devices).size).toBe(devices.length);
});
