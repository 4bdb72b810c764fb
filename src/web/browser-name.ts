/** What a person calls their browser and its system. */

/** iPadOS says that it is a Mac; no Mac has a touch screen. */
export const isAppleMobile = ({
	userAgent,
	maxTouchPoints,
}: Pick<Navigator, "userAgent" | "maxTouchPoints">) =>
	/iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1);

const BROWSERS: readonly (readonly [mark: RegExp, name: string])[] = [
	[/Edg\//, "Edge"],
	[/OPR\//, "Opera"],
	[/Firefox\/|FxiOS/, "Firefox"],
	[/Chrome\/|CriOS/, "Chrome"],
	[/Safari\//, "Safari"],
];

const SYSTEMS: readonly (readonly [mark: RegExp, name: string])[] = [
	[/iPhone|iPod/, "iPhone"],
	[/Android/, "Android"],
	[/Windows/, "Windows"],
	[/Macintosh/, "Mac"],
	[/CrOS/, "ChromeOS"],
	[/Linux/, "Linux"],
];

/** As a person calls them; the first that fits. */
export function nameOf(userAgent: string, appleMobile: boolean): { browser: string; system: string } {
	const first = (names: typeof BROWSERS) => names.find(([mark]) => mark.test(userAgent))?.[1];
	const system = first(SYSTEMS) ?? "";
	return {
		browser: first(BROWSERS) ?? "Browser",
		system: appleMobile && system !== "iPhone" ? "iPad" : system,
	};
}
