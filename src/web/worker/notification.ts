/** What is shown of a push: one notification, whatever it says. */
import { webWorkerBounds } from "../../limits/bounds/web-worker.ts";
import { cutBetweenCharacters } from "../../syntax/characters.ts";
import { isOwnBody } from "../../syntax/own-body.ts";
import type { OwnDevice } from "../devices.ts";
import { chatUrl } from "./opening.ts";
import type { Payload } from "./payload.ts";
import { textsIn, type WorkerTexts } from "./texts.ts";
import { countedFor, unreadOf } from "./unread.ts";

/** What the browser's database knows. Any part may be missing: a push is shown without it as well. */
export interface Known {
	/** Whose push it is, with this push counted. */
	device?: OwnDevice | undefined;
	/** Whether this browser has several accounts. */
	isOneOfSeveral?: boolean;
	/** It is the test that a person waits for. */
	testTookMs?: number | undefined;
	/** ms since the epoch */
	openedAt?: number | undefined;
	language?: string | undefined;
	openTemplate?: string | undefined;
}

/** What a notification carries until it is tapped. */
export interface ShownData {
	/** The chat; missing: a tap opens the page. */
	url?: string;
	node?: string;
	/** Whose messages it shows, as `OwnDevice.unread` has it. */
	whose?: string;
	count?: number;
}

/** As `showNotification` takes it. */
export interface Shown {
	title: string;
	options: {
		body: string;
		tag: string;
		/** Says it aloud again where it takes the place of another one. */
		renotify: boolean;
		silent: boolean;
		requireInteraction: boolean;
		lang: string;
		dir: "auto";
		icon: string;
		data: ShownData;
	};
}

/** What differs from one to another. */
interface Words {
	title: string;
	body: string;
	tag: string;
	data: ShownData;
	silent?: boolean;
	stays?: boolean;
}

/** ms: iOS and Chromium end what nobody opens for long, after 60 days at the earliest. */
const LONG_UNOPENED = 50 * 24 * 60 * 60 * 1000;

const ICON = "icon-192.png";

/**
 * @param payload undefined: it is empty, or not known
 * @param now ms since the epoch
 * @param languages the browser's, BCP 47
 */
export function notificationOf(
	payload: Payload | undefined,
	known: Known,
	{ now, languages }: { now: number; languages: readonly string[] },
): Shown {
	const texts = textsIn([known.language, ...languages]);
	const { title, body, tag, data, silent = false, stays = false } = wordsOf(payload, known, texts);
	const { openedAt } = known;
	const isForgotten = openedAt !== undefined && now - openedAt > LONG_UNOPENED;
	return {
		title,
		options: {
			body: isForgotten ? `${body} ${texts.reminder}` : body,
			tag,
			renotify: !silent,
			silent,
			requireInteraction: stays,
			lang: texts.lang,
			dir: "auto",
			icon: ICON,
			data,
		},
	};
}

function wordsOf(payload: Payload | undefined, known: Known, texts: WorkerTexts): Words {
	if (!payload) return { title: texts.news, body: texts.newsBody, tag: "news", data: {} };
	const { node } = payload;
	const { device, testTookMs } = known;
	if (testTookMs !== undefined) {
		const body = texts.took(Math.round(testTookMs));
		return { title: texts.works, body, tag: `test ${node}`, data: { node } };
	}
	switch (payload.class) {
		case "event":
			return payload.event === ACCOUNT_REMOVED
				? removal(payload, device, texts)
				: { title: texts.news, body: accountBody(known, texts), tag: `news ${node}`, data: { node } };
		case "voip":
			return call(payload, known, texts);
		case "high":
			return message(payload, known, texts);
		default:
			// Who did not ask for what is nothing to read is not to be disturbed by it.
			return {
				title: texts.news,
				body: accountBody(known, texts),
				tag: `news ${node}`,
				silent: device?.wantsLow === false,
				data: { node },
			};
	}
}

/** The one event that is known. */
export const ACCOUNT_REMOVED = "account-removed";

function removal({ node }: Payload, device: OwnDevice | undefined, texts: WorkerTexts): Words {
	const body = device ? texts.removed(oneLine(device.account)) : "";
	return { title: texts.ended, body, tag: `ended ${node}`, stays: true, data: { node } };
}

function call(payload: Payload, known: Known, texts: WorkerTexts): Words {
	const who = whoOf(payload, texts);
	return {
		title: who === undefined ? texts.call : texts.callOf(who),
		body: withAccount(texts.answer, known, texts),
		tag: `call ${payload.node}`,
		stays: true,
		data: chatData(payload, known),
	};
}

function message(payload: Payload, known: Known, texts: WorkerTexts): Words {
	const { node, body, count: published = 1 } = payload;
	const { device } = known;
	const sender = senderOf(payload);
	const who = whoOf(payload, texts);
	const whose = device ? countedFor(device, sender) : (sender ?? "");
	const count = device ? unreadOf(device, whose) : published;
	const data = { ...chatData(payload, known), whose, count };
	const tag = `message ${node} ${whose}`;
	const named = who ?? (count > 1 ? texts.messages : texts.message);
	const title = who !== undefined && count > 1 ? texts.counted(who, count) : named;
	if (isOwnBody(body)) return { title, body: withAccount(paragraph(body), known, texts), tag, data };
	if (who !== undefined || !device || (payload.encrypted && count === 1))
		return { title, body: withAccount(texts.read, known, texts), tag, data };
	return { title, body: texts.waiting(oneLine(device.account), count), tag, data };
}

/** The bare JID of who wrote, or of the room. */
export const senderOf = ({ sender }: Pick<Payload, "sender">): string | undefined =>
	sender?.split("/", 1)[0] || undefined;

/** Undefined too where nothing of it can be seen: JSON may hold what XML does not. */
function whoOf(payload: Payload, texts: WorkerTexts): string | undefined {
	const { nickname } = payload;
	const sender = senderOf(payload);
	if (sender === undefined) return (nickname && oneLine(nickname)) || undefined;
	if (nickname === undefined) return oneLine(sender) || undefined;
	return texts.inRoom(oneLine(nickname), oneLine(sender.split("@", 1)[0] ?? ""));
}

function chatData(payload: Payload, { device, openTemplate }: Known): ShownData {
	const { node } = payload;
	const account = device?.account;
	const url = account === undefined ? undefined : chatUrl(openTemplate, { jid: senderOf(payload), account });
	return url === undefined ? { node } : { node, url };
}

function withAccount(text: string, { device, isOneOfSeveral }: Known, texts: WorkerTexts): string {
	return device && isOneOfSeveral ? `${text} ${texts.to(oneLine(device.account))}` : text;
}

const accountBody = (known: Known, texts: WorkerTexts) => withAccount(texts.newsBody, known, texts);

/** What turns the direction of the text around it, for which a stranger has no need. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

function cut(text: string, units: number): string {
	const beginning = cutBetweenCharacters(text, units);
	return beginning.length < text.length ? `${beginning}…` : text;
}

function oneLine(text: string): string {
	const line = text.replaceAll(TURNS, "").replaceAll(/[\s\p{Cc}]+/gu, " ");
	return cut(line.trim(), webWorkerBounds.title.is);
}

function paragraph(text: string): string {
	return cut(text.replaceAll(TURNS, "").replaceAll(/[^\P{Cc}\n]/gu, ""), webWorkerBounds.body.is);
}
