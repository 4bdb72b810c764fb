/**
 * FCM's protocol, answered at once, as a process of its own. Tells its parent the address, when the first message
 * came, and when as many different devices had one as it was told to expect; ends with its parent.
 */
import { serveFcm } from "./fcm.ts";

export type FcmReport =
	| { kind: "listening"; url: string }
	| { kind: "first" }
	/** `seconds`: since the first. `messages`: all that came, those that came twice too. */
	| { kind: "all"; seconds: number; messages: number };

if (import.meta.main) {
	process.on("disconnect", () => process.exit());
	const tell = (report: FcmReport) => process.send?.(report);
	const expected = Number(process.argv[2]);
	const seen = new Set<string>();
	let messages = 0;
	let from = 0;
	const url = serveFcm(({ token }) => {
		if (messages++ === 0) {
			from = performance.now();
			tell({ kind: "first" });
		}
		const before = seen.size;
		seen.add(token);
		if (seen.size > before && seen.size === expected)
			tell({ kind: "all", seconds: (performance.now() - from) / 1000, messages });
		return true;
	});
	tell({ kind: "listening", url });
}
