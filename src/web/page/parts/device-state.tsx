/** @jsxImportSource preact */
/** How a device is: a shape and a word, and one line about it. */
import type { DeviceView } from "../accounts/device-view.ts";
import { usePage, useTexts } from "../page.ts";
import type { Texts } from "../texts/texts.ts";
import { when } from "../times.ts";

const KIND: Record<DeviceView["state"], string> = {
	works: "ok",
	failing: "warn",
	ended: "bad",
	new: "off",
	unknown: "off",
};

export function DeviceMarks({ device }: { device: DeviceView }) {
	const { devices } = useTexts();
	return (
		<>
			{device.own && <span class="badge here">{devices.thisDevice}</span>}
			<span class={`badge ${KIND[device.state]}`}>{devices.state[device.state]}</span>
		</>
	);
}

export function DeviceLine({ device }: { device: DeviceView }) {
	const { clock } = usePage();
	return <>{lineOf(device, useTexts(), clock.now())}</>;
}

function lineOf({ state, own, app, lastPushAt, lastError }: DeviceView, t: Texts, now: number): string {
	const { devices } = t;
	if (own?.ended) return own.ended.why === "account-removed" ? devices.accountRemoved : devices.gone;
	const none = state === "unknown" ? undefined : devices.noPush;
	const push = lastPushAt === undefined ? none : devices.lastPush(when(lastPushAt, now, t.lang));
	const error = lastError === undefined ? devices.failedNoWords : devices.failed(lastError);
	return [
		state === "failing" && error,
		push,
		own && own.renewedAt > own.registeredAt && devices.renewed(when(own.renewedAt, now, t.lang)),
		!own && app !== undefined && devices.app(app),
	]
		.filter(Boolean)
		.join(" ");
}
