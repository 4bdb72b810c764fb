import { expect, test } from "bun:test";
import { publicApps } from "../../src/routes/public-apps.ts";

test("clients see an app's name and service, whether it is retired, and what browsers subscribe with", () => {
	const apps = [
		{ name: "webpush", service: "webpush", retired: true, key: "secret" },
		{ name: "siskin", service: "apns", credentials: "secret" },
	] as const;
	expect(publicApps(apps, "public")).toEqual([
		{ name: "webpush", service: "webpush", retired: true, vapidPublicKey: "public" },
		{ name: "siskin", service: "apns" },
	]);
	expect(publicApps(apps.slice(0, 1), undefined)).toEqual([
		{ name: "webpush", service: "webpush", retired: true },
	]);
});
