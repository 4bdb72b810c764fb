/** What `doctor` says of the domains of XMPP_ENABLE_FOR: what the Reveille that runs was told. */
import { afterEach, expect, test } from "bun:test";
import { lookAtComponent } from "../../../../src/bun/commands/doctor/xmpp/component.ts";
import type { RunningStatus } from "../../../../src/bun/commands/running.ts";
import { parseConfig } from "../../../../src/config/config.ts";
import { component, startComponentDouble } from "../../../connector/component-double.ts";

const closing: (() => void)[] = [];
afterEach(() => {
	for (const close of closing.splice(0)) close();
});

const NAME = "push.example.org";
const lacks = { id: "enable-not-permitted" as const, what: "Push is not enabled.", cure: "Write this." };

async function findings(
	enabling: RunningStatus["enabling"],
	isRunning = true,
	listed = "a.example, b.example",
) {
	const double = await startComponentDouble();
	closing.push(() => double.stop());
	const config = parseConfig({
		XMPP_SERVICE: double.service,
		XMPP_DOMAIN: NAME,
		XMPP_PASSWORD: "the secret",
		...(listed && { XMPP_ENABLE_FOR: listed }),
	});
	const connections = [{ address: NAME, isOnline: true, isStandby: false, reason: null }];
	const status = { connections, ...(enabling && { enabling }) } as unknown as RunningStatus;
	const found = isRunning
		? ({ kind: "running", running: { status, ask: () => Promise.reject(new Error("not asked")) } } as const)
		: ({ kind: "none" } as const);
	const all = await lookAtComponent(component(double.service), { config, found }, AbortSignal.timeout(5_000));
	return all.filter(({ what }) => what === "Own users");
}

test("what its server permits is well, and what it does not is bad, with the lines that mend it", async () => {
	expect(await findings([{ domain: "a.example" }, { domain: "b.example", lacks }])).toEqual([
		{ what: "Own users", state: "ok", text: "a.example lets push be enabled for its users." },
		{ what: "Own users", state: "bad", text: "Push is not enabled.", do: "Write this." },
	]);
});

test("what nobody was told yet is unknown, and without the setting nothing is said", async () => {
	for (const all of [
		await findings([], true),
		await findings(undefined, true),
		await findings(undefined, false),
	])
		expect(all.map(({ state }) => state)).toEqual(["unknown", "unknown"]);
	expect(await findings([], true, "")).toEqual([]);
});
