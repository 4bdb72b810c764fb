/**
 * What a push says, in the words all services share, and what goes first when it does not fit.
 *
 * A push is a wake-up: where the whole does not fit, the app gets less of it rather than nothing, and fetches the
 * rest from its archive.
 */
import { cutBetweenCharacters } from "../syntax/characters.ts";
import { present } from "../syntax/present-fields.ts";
import type { Notification } from "../types.ts";

/** A notification for one registration: only what the user's server published, and which account is meant. */
export interface Content extends Notification {
	/** Of the registration: an app with several accounts knows by it which one to wake. */
	node: string;
}

const ELLIPSIS = "…";

const contentWith = (fields: { [K in keyof Content]: Content[K] | undefined }) => present(fields) as Content;

export function contentOf(node: string, notification: Notification): Content {
	const {
		class: pushClass,
		count,
		pending,
		sender,
		body,
		nickname,
		event,
		encrypted,
		rfc8291,
	} = notification;
	const fields = { node, class: pushClass, count, pending, sender, body, nickname, event, encrypted };
	const content = contentWith(fields);
	if (rfc8291 !== undefined) content.rfc8291 = rfc8291;
	return content;
}

/**
 * The most complete content that fits. What does not goes in this order: the end of `body`, `nickname`, `sender`,
 * `event`. What is encrypted and too large by itself goes first and whole, since a part of it is nothing.
 * @param size bytes of a content as its service sends it; grows with each field
 * @param limit bytes; with room for `node`, `class` and the counts at least
 */
export function fit(content: Content, size: (content: Content) => number, limit: number): Content {
	if (size(content) <= limit) return content;
	const { body, nickname, sender, event, encrypted, rfc8291, ...fixed } = content;
	const isSealed = encrypted !== undefined || rfc8291 !== undefined;
	const whole = isSealed ? contentWith({ ...fixed, encrypted, rfc8291 }) : fixed;
	const sealed = isSealed && size(whole) > limit ? fixed : whole;
	const bare = contentWith({ ...sealed, sender, nickname, event });
	const less = [
		contentWith({ ...bare, body }),
		cut(body, (beginning) => size({ ...bare, body: beginning }) <= limit, bare),
		bare,
		contentWith({ ...sealed, sender, event }),
		contentWith({ ...sealed, event }),
	];
	return less.find((candidate) => size(candidate) <= limit) ?? sealed;
}

/** The content with the longest beginning of its body that fits, ending between two characters (UAX #29). */
function cut(body: string | undefined, fits: (beginning: string) => boolean, bare: Content): Content {
	if (body === undefined) return bare;
	let longest = 0;
	for (let tooLong = body.length + 1; tooLong - longest > 1; ) {
		const middle = (longest + tooLong) >> 1;
		if (fits(body.slice(0, middle) + ELLIPSIS)) longest = middle;
		else tooLong = middle;
	}
	return { ...bare, body: cutBetweenCharacters(body, longest) + ELLIPSIS };
}
