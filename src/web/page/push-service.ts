/** Whose push service an endpoint is: people know the browser's maker, not the host. */

const MAKERS: readonly (readonly [host: string, maker: string])[] = [
	["push.services.mozilla.com", "Mozilla"],
	["googleapis.com", "Google"],
	["push.apple.com", "Apple"],
	["notify.windows.com", "Microsoft"],
];

/** The host of an endpoint; what is no URL has none. */
export function hostOf(endpoint: string): string {
	return URL.canParse(endpoint) ? new URL(endpoint).host : "";
}

/** `Mozilla`, or the host where it is nobody known. */
export function makerOf(endpoint: string): string {
	const host = hostOf(endpoint);
	return MAKERS.find(([known]) => host === known || host.endsWith(`.${known}`))?.[1] ?? host;
}
