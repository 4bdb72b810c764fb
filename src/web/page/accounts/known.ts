/** What the page knows of accounts and devices: what the store has, and what was learnt beside it. */
import { signal as createSignal, type ReadonlySignal } from "@preact/signals";
import type { Devices, OwnDevice } from "../../devices.ts";
import type { Listed, Shown } from "../../kit/kit.ts";
import type { Browser } from "../browser.ts";

/** What an account's server said of its devices. */
export interface AccountList {
	at: number;
	listed: readonly Listed[];
	/** Whether the login is still open. */
	open: boolean;
}

export interface Known {
	own: readonly OwnDevice[];
	lists: ReadonlyMap<string, AccountList>;
	/** By node: what Reveille says of own devices. */
	shown: ReadonlyMap<string, Shown>;
}

export interface Knowledge {
	readonly known: ReadonlySignal<Known>;
	/** Bare JIDs: of own devices, and those with a login. */
	readonly names: ReadonlySignal<readonly string[]>;
	readonly online: ReadonlySignal<boolean>;
	know(part: Partial<Known>): void;
	/** Reads the store. */
	refresh(): Promise<void>;
	/** After each change of the store. */
	changed(): Promise<void>;
	/** A device may have been named elsewhere; the store's name is what all tabs show. */
	keepName(node: string, name: string | undefined): Promise<void>;
}

export function createKnowledge({
	devices,
	browser,
}: {
	devices: Devices;
	browser: Pick<Browser, "online" | "tellTabs">;
}): Knowledge {
	const known = createSignal<Known>({ own: [], lists: new Map(), shown: new Map() });
	const names = createSignal<readonly string[]>([]);
	const online = createSignal(browser.online());

	function know(part: Partial<Known>): void {
		known.value = { ...known.value, ...part };
		const { own, lists } = known.value;
		names.value = [...new Set([...own.map(({ account }) => account), ...lists.keys()])];
	}

	async function refresh(): Promise<void> {
		online.value = browser.online();
		know({ own: await devices.all() });
	}

	async function changed(): Promise<void> {
		browser.tellTabs();
		await refresh();
	}

	return {
		known,
		names,
		online,
		know,
		refresh,
		changed,
		async keepName(node, name) {
			const own = known.value.own.find((device) => device.node === node);
			if (!own || name === undefined || name === own.name) return;
			await devices.change(node, (device) => ({ ...device, name }));
			await changed();
		},
	};
}
