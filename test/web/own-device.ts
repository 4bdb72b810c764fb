/** A device of this browser, for tests. */
import type { OwnDevice } from "../../src/web/devices.ts";

export const ownDevice = (changes: Partial<OwnDevice> = {}): OwnDevice => ({
	node: "node-1",
	deviceSecret: "secret-1",
	account: "romeo@example.net",
	name: "Firefox on Linux",
	jid: "push@example.net/push",
	endpoint: "https://push.example/1",
	registeredAt: 1_000,
	renewedAt: 1_000,
	wantsLow: false,
	...changes,
});
