/** @jsxImportSource preact */
/** The way of a push: its stations, and where it stopped. */
import { useConsole } from "../console.ts";
import type { Leg } from "../wire.ts";

const CLASS: Readonly<Record<Leg["state"], string>> = { ok: "", warn: "warn", bad: "bad", off: "idle" };
const isStopped = (leg: Leg | undefined) => leg?.state === "bad" || leg?.state === "off";

/** @param label for who does not see it @param timed draws how long each leg took beside the others */
export function Way({
	label,
	legs,
	timed = false,
}: {
	label: string;
	legs: readonly Leg[];
	timed?: boolean;
}) {
	const { formats } = useConsole();
	const longest = Math.max(1, ...legs.map(({ ms = 0 }) => ms));
	return (
		<ol class="way across" aria-label={label}>
			{legs.map((leg, index) => {
				const next = legs[index + 1];
				// What comes after a stop was not reached, but where the next station is well by itself.
				const isCut = next && (isStopped(next) || (isStopped(leg) && next.state !== "ok"));
				return (
					<li
						key={leg.name}
						class={[CLASS[leg.state], isCut && "cut"].filter(Boolean).join(" ") || undefined}
					>
						<bdi class="way-name">{leg.name}</bdi>
						{leg.text && <bdi class="way-text">{leg.text}</bdi>}
						{leg.ms !== undefined && (
							<span class="way-leg">
								<span class="nowrap">{formats.span(leg.ms)}</span>
								{timed && (
									<svg class="legs" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
										<rect class="f-delivered" width={(100 * leg.ms) / longest} height="8" />
									</svg>
								)}
							</span>
						)}
					</li>
				);
			})}
		</ol>
	);
}
