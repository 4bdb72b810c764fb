/** @jsxImportSource preact */
/** The way of a test push: its stations, the time of each leg, and where it stopped. */
import { usePage, useTexts } from "../page.ts";
import { makerOf } from "../push-service.ts";
import type { Legs, Station, TestResult } from "../test-push.ts";
import { duration } from "../times.ts";
import { sentencesOf } from "./fault-text.tsx";
import { Name } from "./text.tsx";

const ORDER: readonly Station[] = ["server", "reveille", "push-service", "browser"];

/** @param result missing: it is on its way @param from where it starts: one by the device secret starts at Reveille */
export function Way({
	result,
	from,
	domain,
	endpoint,
	name,
	across = false,
}: {
	result: TestResult | undefined;
	from: "server" | "reveille";
	domain: string;
	endpoint: string;
	name: string;
	across?: boolean;
}) {
	const { browser } = usePage();
	const { test } = useTexts();
	const maker = makerOf(endpoint);
	const names: Record<Station, string> = {
		server: across ? domain : test.server(domain),
		reveille: across ? "Reveille" : test.reveille(browser.host),
		"push-service": across ? maker : test.pushService(maker),
		browser: across ? test.thisBrowser : name,
	};
	const stations = ORDER.slice(ORDER.indexOf(from));
	const stopped = result?.kind === "stopped" ? stations.indexOf(result.station) : undefined;
	return (
		<ol class={across ? "way across" : "way"}>
			{stations.map((station, index) => (
				<li key={station} class={classOf(index, result, stopped)}>
					<span class="way-name">
						<Name name={names[station]} />
					</span>
					<Reached
						station={station}
						at={index}
						stopped={stopped}
						result={result}
						maker={maker}
						domain={domain}
						bars={!across}
					/>
				</li>
			))}
		</ol>
	);
}

function classOf(
	index: number,
	result: TestResult | undefined,
	stopped: number | undefined,
): string | undefined {
	if (!result) return index === 0 ? "runs cut" : "idle cut";
	if (stopped === undefined) return;
	if (index < stopped) return index === stopped - 1 ? "cut" : undefined;
	return index === stopped ? "bad cut" : "idle cut";
}

const LEG: Partial<Record<Station, keyof Legs>> = {
	server: "server",
	reveille: "reveille",
	"push-service": "pushService",
};

function Reached({
	station,
	at,
	stopped,
	result,
	maker,
	domain,
	bars,
}: {
	station: Station;
	at: number;
	stopped: number | undefined;
	result: TestResult | undefined;
	maker: string;
	domain: string;
	bars: boolean;
}) {
	const t = useTexts();
	if (!result) return null;
	if (result.kind === "stopped" && at === stopped) {
		const { fault, lastError } = result;
		// Beside the large one the heading says what is.
		if (bars && lastError !== undefined) return <span class="way-text">{t.test.said(lastError)}</span>;
		const is = fault
			? sentencesOf(t, fault)[0]
			: t.test.stoppedAt[station](station === "server" ? domain : maker);
		return <span class="way-text">{lastError === undefined ? is : `${is} ${t.test.said(lastError)}`}</span>;
	}
	if (stopped !== undefined && at > stopped) return <span class="way-text">{t.test.waits}</span>;
	if (station === "browser") return <span class="way-text">{result.kind === "shown" && t.test.shown}</span>;
	const leg = LEG[station];
	const ms = leg && result.legs[leg];
	if (ms === undefined) return null;
	const longest = Math.max(1, ...Object.values(result.legs));
	return (
		<span class="way-leg">
			<span class="nowrap">{duration(ms, t.lang)}</span>
			{bars && (
				<svg class="legs" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
					<rect class="f-delivered" width={(100 * ms) / longest} height="8" />
				</svg>
			)}
		</span>
	);
}
