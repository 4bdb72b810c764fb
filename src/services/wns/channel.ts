/**
 * The guard of channel URIs: our access token goes with each push, so none may lead anywhere but to WNS.
 */
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { InvalidDevice } from "../../types.ts";
import { literalAddress } from "../endpoint.ts";
import { isPublicAddress } from "../public-address.ts";

/** Where channels may point. */
export interface ChannelPolicy {
	/** Private addresses and `localhost` too, on any port, plain http too: for tests, since the access token goes there. */
	readonly allowPrivate: boolean;
}

const WNS = "notify.windows.com";
/** Channel URIs have some 200 characters. */
const MAX_LENGTH = registrationBounds.channel.is;

/**
 * Reads a channel URI.
 * @returns the URL; its `href` is the channel's one spelling, to be stored and compared
 * @throws {InvalidDevice} with a sentence for whoever handed it in
 */
export function parseChannel(text: string, policy: ChannelPolicy): URL {
	if (text.length > MAX_LENGTH)
		throw new InvalidDevice(`The channel URI is longer than ${MAX_LENGTH} characters.`);
	if (/[\p{Cc}\s\\]/u.test(text))
		throw new InvalidDevice("The channel URI has a blank, a control character or a backslash.");
	const url = URL.parse(text);
	if (!url) throw new InvalidDevice("The channel URI is not a URI.");
	if (url.href.length > MAX_LENGTH)
		throw new InvalidDevice(`The channel URI is longer than ${MAX_LENGTH} characters.`);
	if (text.includes("#")) throw new InvalidDevice("The channel URI must not have a fragment.");
	if (url.username !== "" || url.password !== "")
		throw new InvalidDevice("The channel URI must not have a user name or password.");
	if (policy.allowPrivate && isPrivate(url) && /^https?:$/.test(url.protocol)) return url;
	if (url.protocol !== "https:") throw new InvalidDevice("The channel URI must be an https URI.");
	// A name has something before each of its dots.
	if ((url.hostname !== WNS && !url.hostname.endsWith(`.${WNS}`)) || /^\.|\.\./.test(url.hostname))
		throw new InvalidDevice(`The channel URI's host must be ${WNS} or under it.`);
	if (url.port !== "") throw new InvalidDevice("The channel URI's port must be 443.");
	return url;
}

function isPrivate(url: URL): boolean {
	const address = literalAddress(url);
	return address === undefined ? url.hostname === "localhost" : !isPublicAddress(address);
}
