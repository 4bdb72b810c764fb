/**
 * Declarative Web Push: what a browser shows by itself, without a service worker (Safari 18.4 and the web apps of
 * iPhone and iPad). A push of another form that shows nothing counts against the subscription there.
 *
 * Source: WebKit's explainer and the Push API's draft of "declarative push message".
 */
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { bytesOf } from "../../limits/text-length.ts";
import { type Device, type DeviceInput, InvalidDevice } from "../../types.ts";
import type { Content } from "../content.ts";

/** What a device gives for it. */
export interface Declarative {
	title: string;
	/** https */
	navigate: string;
}

/** The number that tells such a message from any other JSON: RFC 8030's. */
const MARK = 8030;

/**
 * Reads what a device gave; nothing is as good.
 * @throws {InvalidDevice} with a sentence that says what to change
 */
export function parseDeclarative({ title, navigate }: DeviceInput): Declarative | undefined {
	if (!title && !navigate) return undefined;
	if (!title || !navigate)
		throw new InvalidDevice(
			"title and navigate come together: give both or neither.",
			title ? "navigate" : "title",
		);
	const { title: longestTitle, navigate: longestUrl } = registrationBounds;
	if (bytesOf(title) > longestTitle.is)
		throw new InvalidDevice(`The title has more than ${longestTitle.is} bytes: shorten it.`, "title");
	const url = URL.parse(navigate);
	if (url?.protocol !== "https:")
		throw new InvalidDevice("What a tap opens must be an https URL.", "navigate");
	if (url.username !== "" || url.password !== "")
		throw new InvalidDevice("What a tap opens must not have a user name or password.", "navigate");
	if (bytesOf(url.href) > longestUrl.is)
		throw new InvalidDevice(`What a tap opens has more than ${longestUrl.is} bytes: shorten it.`, "navigate");
	return { title, navigate: url.href };
}

/** What the pushes of a device say for a browser that shows them by itself; undefined: nothing. */
export function declarativeOf({ token, title, navigate }: Device): Declarative | undefined {
	return title !== undefined && navigate !== undefined && isApples(token) ? { title, navigate } : undefined;
}

/** Whether an endpoint is one of Apple's (Safari, and web apps on the Home Screen). */
export function isApples(endpoint: string): boolean {
	const url = URL.parse(endpoint);
	return url !== null && (url.hostname === "push.apple.com" || url.hostname.endsWith(".push.apple.com"));
}

/**
 * A content as browsers show it by themselves, and as it always is: browsers that are older, and other apps' service
 * workers, read the latter. `mutable` lets a service worker show something better; it is handed no more than the
 * notification then, so that `data` says what the rest does.
 * @param encryptedToo whether there is room for `encrypted` in `data` as well
 */
export function declarativeContent(
	content: Content,
	{ title, navigate }: Declarative,
	{ encryptedToo }: { encryptedToo: boolean },
): object {
	const { body, encrypted, ...others } = content;
	const data = encrypted && encryptedToo ? { ...others, encrypted } : others;
	return {
		web_push: MARK,
		mutable: true,
		notification: {
			title: content.nickname || content.sender?.split("/", 1)[0] || title,
			navigate,
			body,
			// Nobody says what language a message is in.
			dir: "auto",
			app_badge: content.count === undefined ? undefined : String(content.count),
			data,
		},
		...content,
	};
}
