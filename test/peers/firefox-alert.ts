/** A person's click on the notification that Firefox shows: a window of the browser's own, out of reach of its pages. */
import type { Browser } from "puppeteer-core";

/** What a Firefox is started with, to let a test at its own windows. */
export const SYSTEM_ACCESS = {
	args: ["--remote-allow-system-access"],
	// Firefox shows notifications itself, and pages can ask for them.
	preferences: { "alerts.useSystemBackend": false, "permissions.default.desktop-notification": 1 },
};

interface Context {
	context: string;
	url: string;
}

/** As puppeteer has it for WebDriver BiDi, which it does not export. */
interface Connection {
	send(method: string, parameters: object): Promise<{ result: { contexts?: Context[] } }>;
}

/** Clicks the notification that is shown, once it is. @throws where none is within the time */
export async function clickAlert(browser: Browser, timeoutMs = 10_000): Promise<void> {
	const { connection } = browser as unknown as { connection: Connection };
	const deadline = Date.now() + timeoutMs;
	while (Date.now() < deadline) {
		const { result } = await connection.send("browsingContext.getTree", { "moz:scope": "chrome" });
		const alert = result.contexts?.find(({ url }) => url.endsWith("/alert.xhtml"));
		if (alert) {
			const expression = 'document.getElementById("alertBox").click()';
			const target = { context: alert.context };
			await connection.send("script.evaluate", { target, awaitPromise: false, expression });
			return;
		}
		await Bun.sleep(50);
	}
	throw new Error("Firefox shows no notification");
}
