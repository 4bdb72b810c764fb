/** What the routes are told of the operator's apps. */
import { expect, test } from "bun:test";
import { parseApps } from "../../src/config/apps.ts";
import { createAppChoice } from "../../src/registering/app-choice.ts";
import { publicApps } from "../../src/routes/public-apps.ts";

const apps = parseApps(
	[
		{ name: "first", service: "webpush" },
		{ name: "second", service: "webpush", address: ["push.example.net"] },
		{ name: "phone", service: "fcm", service_account: "a secret" },
	],
	"APPS",
	true,
);

test("has all that an app is chosen by, and nothing that is secret", () => {
	const told = publicApps(apps, "KEY");
	expect(createAppChoice(told).choose({ type: "webpush" }, "push.example.net")?.name).toBe("second");
	expect(told).toEqual([
		{ name: "first", service: "webpush", vapidPublicKey: "KEY" },
		{ name: "second", service: "webpush", addresses: ["push.example.net"], vapidPublicKey: "KEY" },
		{ name: "phone", service: "fcm" },
	]);
});
