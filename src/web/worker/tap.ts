/** A notification was tapped, or taken away: what it showed was looked at. */
import type { Devices, WorkerMessage } from "../devices.ts";
import type { ShownData } from "./notification.ts";
import { lookedAt, unreadInAll, unreadOf } from "./unread.ts";

/** A page that is open. */
export interface OpenPage {
	readonly url: string;
	focus(): Promise<unknown>;
	/** @throws where this service worker is not the page's */
	navigate(url: string): Promise<unknown>;
}

export interface TapEffects {
	devices: Devices;
	/** The pages are below it, or below the first of them. */
	scope: string;
	/** What is opened where there is no chat to open. @param node whose push it was */
	home(node: string | undefined): Promise<string>;
	pages(): Promise<readonly OpenPage[]>;
	/** @throws where the browser does not open such URLs */
	open(url: string): Promise<unknown>;
	tell(message: WorkerMessage): Promise<void>;
	setBadge(count: number): Promise<void>;
}

/** Opens the chat, or the page: the one that is open already, if there is one. */
export async function takeTap({ url, ...data }: ShownData, effects: TapEffects): Promise<void> {
	// At once: browsers let a tap open something for a moment alone. Some never say what became of it.
	const opening =
		url === undefined || url.startsWith(effects.scope)
			? openPage(url, data.node, effects)
			: effects.open(url).catch(() => openPage(undefined, data.node, effects));
	await Promise.all([opening, forget(data, effects)]);
}

/**
 * A notification was taken away. Browsers say the same of one whose place another one took: that shows an older count.
 */
export function takeClose(data: ShownData, effects: TapEffects): Promise<void> {
	return forget(data, effects, (count) => count === data.count);
}

/**
 * What a notification showed does not count any more. Never throws.
 * @param isMeant of what is counted now; by default it is, whatever it is
 */
async function forget(
	{ node, whose }: ShownData,
	{ devices, setBadge, tell }: TapEffects,
	isMeant = (_count: number) => true,
): Promise<void> {
	if (node === undefined || whose === undefined) return;
	let isForgotten = false;
	try {
		await devices.change(node, (device) => {
			isForgotten = isMeant(unreadOf(device, whose));
			return isForgotten ? lookedAt(device, whose) : device;
		});
		if (!isForgotten) return;
		await setBadge(unreadInAll(await devices.all()));
		await tell({ kind: "changed" });
	} catch {
		// The badge is put right by the next push.
	}
}

async function openPage(
	chat: string | undefined,
	node: string | undefined,
	{ scope, home, pages, open }: TapEffects,
): Promise<void> {
	const start = await home(undefined).catch(() => scope);
	const target = chat ?? (await home(node).catch(() => scope));
	const there = (await pages()).find(({ url }) => url.startsWith(scope) || url.startsWith(start));
	if (!there) {
		await open(target);
		return;
	}
	await there.focus();
	if (target !== start && target !== there.url) await there.navigate(target).catch(() => {});
}
