import { describe, expect, test } from "bun:test";
import { applyPolicy } from "../../src/delivery/app-policy.ts";
import type { App, Dialect, PushClass } from "../../src/types.ts";
import { OWNER, openDeliveryFixture, TOKEN } from "./delivery-fixture.ts";

const fcm: App = { name: "fcm", service: "fcm" };
const monal: App = { name: "monal", service: "apns", pushModules: ["monalProdiOS"] };

const classOf = (app: App, pushClass: PushClass, dialect?: Dialect) =>
	applyPolicy(app, { class: pushClass }, { ...(dialect && { dialect }) }).class;

describe("what its server published with nothing in it, as ejabberd does a call,", () => {
	test.each<[string, App, Dialect | undefined]>([
		["to a device that registered as at p2", fcm, "p2"],
		["to a device whose token is the node, as at fpush", monal, undefined],
		["to a device of such an app that registered", monal, "push-appserver"],
	])("wakes %s as a message does", (_who, app, dialect) => {
		expect(classOf(app, "low", dialect)).toBe("high");
		expect(classOf({ ...app, priority: "auto" }, "low", dialect)).toBe("high");
		expect(classOf(app, "high", dialect)).toBe("high");
	});

	test.each<Dialect | undefined>(["mod_push", "push-appserver", "tigase", undefined])(
		"does not ring at others (%p)",
		(dialect) => {
			expect(classOf(fcm, "low", dialect)).toBe("low");
			expect(classOf({ ...monal, pushModules: [] }, "low", dialect)).toBe("low");
		},
	);
});

test("an app's own priority is above all that, but for calls and events", () => {
	for (const app of [fcm, monal]) {
		for (const said of ["high", "low"] as const) {
			expect(classOf({ ...app, priority: "silent" }, said, "p2")).toBe("low");
			expect(classOf({ ...app, priority: "high" }, said, "p2")).toBe("high");
		}
		for (const said of ["voip", "event"] as const) {
			expect(classOf(app, said, "p2")).toBe(said);
			expect(classOf({ ...app, priority: "silent" }, said, "p2")).toBe(said);
		}
	}
});

test("the throttle holds for them too: of many publishes the first goes out, and the last", async () => {
	const fixture = await openDeliveryFixture({ pushIntervalMs: 50 });
	const wanted = { owner: OWNER, app: "webpush", device: "phone", token: TOKEN, dialect: "p2" } as const;
	const result = await fixture.registrations.register(wanted, () => fixture.keyring.createNode());
	if (result.kind === "over-quota") throw new Error("over quota");
	const { node } = result.registration;
	fixture.service.program.push({ kind: "delivered" }, { kind: "delivered" });
	const answers = Array.from({ length: 20 }, () => fixture.delivery.push(node, { class: "low" }));
	await Promise.all(answers);
	expect(fixture.service.calls.map(({ notification }) => notification.class)).toEqual(["high", "high"]);
	await fixture.close();
});
