/** Registering over HTTP without a login, and what is said where that is not possible. */
import { describe, expect, test } from "bun:test";
import { webKitBounds } from "../../../src/limits/bounds/web-kit.ts";
import { createKit } from "../../../src/web/kit/create-kit.ts";
import { faultOf } from "./faults.ts";

const DEVICE = {
	subscription: { endpoint: "https://push.example/1", keys: { p256dh: "BKEY", auth: "AUTH" } },
	name: "Laptop",
};
const REGISTERED = { jid: "push.example.net", node: "node-1", secret: "secret-1", deviceSecret: "device-1" };

function answering(answer: () => Response) {
	const asked: ({ url: string } & RequestInit)[] = [];
	const kit = createKit({
		async fetch(url, init) {
			asked.push({ url, ...init });
			return answer();
		},
	});
	return { registration: kit.openRegistration("https://x"), asked };
}
const says = (body: unknown, status = 200) => answering(() => Response.json(body, { status })).registration;

test("is offered where everybody may", async () => {
	expect(await says({ registration: "open" }).isOpen()).toBe(true);
	expect(await says({ registration: "token" }).isOpen()).toBe(false);
	expect(await says({ type: "/docs#problem-not-found" }, 404).isOpen()).toBe(false);
});

describe("registering", () => {
	test("gives what the client needs", async () => {
		const { registration, asked } = answering(() => Response.json({ ...REGISTERED, more: 1 }));
		expect(await registration.register(DEVICE)).toEqual(REGISTERED);
		expect(asked).toMatchObject([
			{
				url: "https://x/api/v1/registrations",
				method: "POST",
				credentials: "omit",
				redirect: "error",
				body: JSON.stringify({ subscription: DEVICE.subscription, deviceName: DEVICE.name }),
			},
		]);
	});

	test("at a pubsub host there is no secret", async () => {
		const { secret: _, ...rest } = REGISTERED;
		expect(await says(rest, 201).register(DEVICE)).toEqual(rest);
	});

	test.each<[string, unknown, number, string]>([
		["Reveille's sentence", { detail: "No." }, 403, "No."],
		["one that is too long", { detail: "x".repeat(1000) }, 403, "x".repeat(webKitBounds.reason.is)],
		["no registration", { node: 5 }, 201, "201"],
	])("%s is said", async (_, body, status, reason) => {
		expect(await faultOf(says(body, status).register(DEVICE))).toEqual({ kind: "reveille-refused", reason });
	});

	test.each<[string, () => Response]>([
		["a page in between", () => new Response("<html>")],
		[
			"an answer without an end",
			() => new Response(JSON.stringify(REGISTERED).padEnd(webKitBounds.apiAnswer.is + 1)),
		],
	])("%s is nobody", async (_, answer) => {
		expect(await faultOf(answering(answer).registration.register(DEVICE))).toEqual({ kind: "http-away" });
	});
});
