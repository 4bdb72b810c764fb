/** What an ntfy server does with our messages: tried against the double and against the real one alike. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { endpointPolicy } from "../../../src/services/endpoint.ts";
import { createNtfy } from "../../../src/services/ntfy/ntfy.ts";
import type { Notification } from "../../../src/types.ts";
import { pushTo } from "../webpush/pushes.ts";
import type { NtfyServer } from "./double.ts";

export const message: Notification = {
	class: "high",
	count: 1,
	sender: "roméo@example.net/balcony",
	body: "What light through yonder window breaks?\nIt is the east.",
};

const soon = () => AbortSignal.timeout(10_000);

export function describeNtfy(name: string, start: () => Promise<NtfyServer>): void {
	describe(name, () => {
		let server: NtfyServer;
		beforeAll(async () => {
			server = await start();
		}, 60_000);
		afterAll(() => server?.stop());

		const serviceWith = (options: Partial<Parameters<typeof createNtfy>[0]> = {}) =>
			createNtfy({
				server: server.url,
				accessToken: server.accessToken,
				text: "New message",
				policy: endpointPolicy({ allowHosts: [], allowPrivate: true }),
				fetch,
				guardedFetch: fetch,
				now: Date.now,
				...options,
			});

		test("shows who wrote what, and opens the chat with them", async () => {
			const push = pushTo(`${server.url}/wake-1`, message);
			expect(await serviceWith().send(push, soon())).toEqual({ kind: "delivered", id: expect.any(String) });
			expect(await server.arrived("wake-1")).toMatchObject({
				title: "roméo@example.net/balcony",
				message: "What light through yonder window breaks?\nIt is the east.",
				priority: 4,
				tags: ["speech_balloon"],
				click: "xmpp:rom%C3%A9o@example.net?message",
				expires: expect.any(Number),
			});
		});

		test.each([
			["voip", {}, { message: "New message", priority: 5, tags: ["telephone_receiver"] }],
			["high", { count: 3 }, { message: "New message (3)", priority: 4, tags: ["speech_balloon"] }],
			["event", { event: "account-removed" }, { message: "account-removed", tags: ["warning"] }],
			["low", {}, { message: "New message", priority: 1 }],
		] as const)("of class %s with %j shows %j", async (pushClass, published, shown) => {
			const push = pushTo(`${server.url}/wake-2`, { class: pushClass, ...published });
			expect((await serviceWith().send(push, soon())).kind).toBe("delivered");
			const arrived = await server.arrived("wake-2");
			// ntfy leaves out what is usual.
			expect({ priority: 3, ...arrived }).toMatchObject({ priority: 3, ...shown } as never);
			expect(arrived.title).toBeUndefined();
		});

		test("takes the longest text and the longest sender, cut to its room", async () => {
			const body = '"ä"\n'.repeat(5000);
			for (const sender of ["romeo@example.net", `${"ä".repeat(511)}@example.net/${"x".repeat(1023)}`]) {
				const push = pushTo(`${server.url}/wake-3`, { ...message, sender, body });
				expect((await serviceWith().send(push, soon())).kind).toBe("delivered");
				const { message: text = "" } = await server.arrived("wake-3");
				expect(text).toStartWith('"ä"');
				expect(text).toEndWith("…");
			}
		});

		test("keeps nothing that is worth sending at once alone", async () => {
			expect((await serviceWith().send(pushTo(`${server.url}/wake-4`, message, 0), soon())).kind).toBe(
				"delivered",
			);
			expect((await server.arrived("wake-4")).expires).toBeUndefined();
		});

		test("shows an app's own link and tags", async () => {
			const look = { click: "https://chat.example/", tags: ["bell"] };
			expect((await serviceWith(look).send(pushTo(`${server.url}/wake-5`, message), soon())).kind).toBe(
				"delivered",
			);
			expect(await server.arrived("wake-5")).toMatchObject(look);
		});

		test("takes our access token, and says so without a message", async () => {
			expect(await serviceWith().check?.(soon())).toEqual({ kind: "delivered" });
		});

		test("refuses another token: nobody is forgotten, and the operator is told", async () => {
			const wrong = serviceWith({ accessToken: "tk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaa" });
			const refused = { kind: "misconfigured", reason: "401 refused our access token (code 40101)" };
			expect(await wrong.send(pushTo(`${server.url}/wake-1`, message), soon())).toEqual(refused as never);
			expect(await wrong.check?.(soon())).toEqual(refused as never);
		});

		test.each([
			["without a token", "wake-1", { accessToken: undefined }],
			["for a topic that the token may not write to", "other", {}],
		])("refuses a message %s: that is the operator's to mend", async (_, topic, options) => {
			const outcome = await serviceWith(options).send(pushTo(`${server.url}/${topic}`, message), soon());
			expect(outcome).toEqual({
				kind: "misconfigured",
				reason: "403 we may not write to this topic (code 40301)",
				about: "token",
			});
		});

		test("gets no token of ours where a client chose it, and its refusal costs nothing", async () => {
			const stranger = serviceWith({ server: "https://ntfy.example" });
			expect(await stranger.send(pushTo(`${server.url}/wake-1`, message), soon())).toEqual({
				kind: "rejected",
				reason: "403 the topic is not open to everybody (code 40301)",
			});
		});

		test("has no topic of a name of its own: that device is gone", async () => {
			expect(await serviceWith().send(pushTo(`${server.url}/docs`, message), soon())).toEqual({
				kind: "gone",
				reason: "400 a name that no topic may have (code 40010)",
			});
		});
	});
}
