/** A device as it is shown: what the store, Reveille and the account's server say of it, put together. */
import { present } from "../../../syntax/present-fields.ts";
import type { OwnDevice } from "../../devices.ts";
import type { Listed, Shown } from "../../kit/kit.ts";
import type { Known } from "./known.ts";

/** Own or not. */
export interface DeviceView {
	account: string;
	node: string;
	name: string;
	/** The app of Reveille's that it is registered at; missing: not known without a login. */
	app?: string;
	/** This browser. */
	own?: OwnDevice;
	/** `unknown`: Reveille was not asked, or did not answer. `new`: nothing was sent to it yet. */
	state: "works" | "failing" | "ended" | "new" | "unknown";
	/** ms since the epoch. */
	lastPushAt?: number;
	lastError?: string;
	/** The invite that let it in; known after a login alone. */
	invite?: string;
	/** Own devices, where Reveille was asked. */
	shown?: Shown;
}

/** Of an account, this browser first. */
export function viewsOf(account: string, { own, lists, shown }: Known): readonly DeviceView[] {
	const mine = own.filter((device) => device.account === account);
	const listed = lists.get(account)?.listed ?? [];
	return [
		...mine.map((device) =>
			view(
				device,
				listed.find(({ node }) => node === device.node),
				shown.get(device.node),
			),
		),
		...listed
			.filter(({ node }) => !mine.some((device) => device.node === node))
			.map((device) => ({ ...view(undefined, device, undefined), account })),
	];
}

function view(own: OwnDevice | undefined, listed: Listed | undefined, shown: Shown | undefined): DeviceView {
	const told = listed ?? shown;
	const state: DeviceView["state"] = own?.ended ? "ended" : stateOf(told, own?.lastPushAt);
	return present({
		account: own?.account ?? "",
		node: own?.node ?? listed?.node ?? "",
		name: own?.name ?? listed?.name ?? "",
		state,
		app: listed?.app,
		invite: listed?.invite,
		own,
		lastPushAt: latest(told?.lastSuccessAt, own?.lastPushAt),
		lastError: told?.lastError,
		shown,
	});
}

const latest = (...times: (number | undefined)[]): number | undefined => {
	const there = times.filter((time) => time !== undefined);
	return there.length === 0 ? undefined : Math.max(...there);
};

/** @param shownAt when this browser showed one: Reveille may have been asked before that */
function stateOf(
	told: Pick<Listed, "lastSuccessAt" | "lastErrorAt"> | undefined,
	shownAt = 0,
): DeviceView["state"] {
	if (!told) return "unknown";
	const { lastErrorAt = 0 } = told;
	const lastSuccessAt = Math.max(told.lastSuccessAt ?? 0, shownAt);
	if (lastErrorAt > lastSuccessAt) return "failing";
	return lastSuccessAt > 0 ? "works" : "new";
}
