/**
 * Push services that are sick: no device is forgotten for it, each publish is answered, and each push arrives once its
 * service is well. What takes a push's whole deadline is in long/.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openProviderScene, type ProviderScene } from "./provider-scene.ts";
import { QUICK, QUICK_HTTP2 } from "./sicknesses.ts";

let scene: ProviderScene;
beforeAll(async () => {
	scene = await openProviderScene(QUICK, QUICK_HTTP2);
}, 60_000);
afterAll(() => scene?.stop(), 30_000);

describe("push services that are sick, all at once", () => {
	test("cost no publish its answer, and nobody a registration", async () => {
		const { wire, patients } = scene;
		const answers = await Promise.all(
			patients.map(async ({ name, target }) => ({ name, ...(await wire.publish(target)) })),
		);
		expect(answers.filter(({ said }) => said !== "done")).toEqual([]);
		expect(answers.filter(({ ms }) => ms > 10_000)).toEqual([]);
		expect(patients.filter(({ provider }) => provider.tried() === 0).map(({ name }) => name)).toEqual([]);
	}, 30_000);

	test("hold up nobody else's pushes", async () => {
		const { wire, well } = scene;
		const before = well.provider.served();
		expect(await wire.publish(well.target)).toMatchObject({ said: "done" });
		expect(well.provider.served()).toBe(before + 1);
	});

	test("get each push once they are well", async () => {
		const { wire, patients } = scene;
		const owed = patients.filter(({ isDelivered }) => !isDelivered);
		for (const { provider } of patients) provider.recover();
		const arrived = new Set<string>();
		const all = Promise.all(
			owed.map(async ({ name, provider }) => {
				await provider.arrived;
				arrived.add(name);
			}),
		);
		await Promise.race([all, Bun.sleep(30_000)]);
		expect(owed.filter(({ name }) => !arrived.has(name)).map(({ name }) => name)).toEqual([]);
		const found = await Promise.all(
			patients.map(async ({ name, target }) => {
				const { status } = await wire.reveille.api(
					"GET",
					`/registrations/${target.node}`,
					target.deviceSecret,
				);
				return { name, status };
			}),
		);
		expect(found.filter(({ status }) => status !== 200)).toEqual([]);
		expect(wire.reveille.log()).not.toContain("its registration was removed");
	}, 60_000);
});
