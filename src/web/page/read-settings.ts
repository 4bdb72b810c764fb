/** What the page must know of this Reveille. */
import type { WebAppSettings } from "../settings.ts";

/** ms */
const ANSWER = 10_000;

/** @returns nothing where Reveille does not answer, or not with settings */
export async function readSettings(ask: typeof fetch, url: string): Promise<WebAppSettings | undefined> {
	try {
		const answer = await ask(url, { signal: AbortSignal.timeout(ANSWER) });
		if (!answer.ok) return;
		const settings: WebAppSettings | null = await answer.json();
		return typeof settings?.open === "string" && typeof settings.servers === "object" ? settings : undefined;
	} catch {
		return;
	}
}
