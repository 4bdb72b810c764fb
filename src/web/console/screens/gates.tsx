/** @jsxImportSource preact */
/** Gates and credentials, as two screens tell of them. */
import { useConsole } from "../console.ts";
import { capital, counted } from "../formats.ts";
import { Badge, GateBadge } from "../parts/badge.tsx";
import type { Credential, GateView } from "../wire.ts";

/** @param open how many are open */
export function GateRows({ gates, open }: { gates: readonly GateView[]; open: number }) {
	const { formats } = useConsole();
	const shut = gates.filter(({ state }) => state !== "open");
	const last = gates.find(({ state }) => state === "open");
	return (
		<>
			{shut.length > 0 && <ShutGates gates={shut} />}
			<p>
				{shut.length === 0
					? open === 1
						? "The only one is open."
						: open === 0
							? "No push service was asked lately."
							: `All ${open} are open.`
					: `${open} ${open === 1 ? "is" : "are"} open.`}{" "}
				{last?.since !== undefined && (
					<>
						The last one to shut was <GateName gate={last} />, {formats.moment(last.since)}
						{last.until !== undefined && ` to ${formats.time(last.until)}`}
						{last.why && `: ${last.why}`}
					</>
				)}
			</p>
		</>
	);
}

const GateName = ({ gate: { app, origin } }: { gate: GateView }) =>
	origin === undefined ? <bdi>{app}</bdi> : <bdi class="any">{origin.replace(/^https?:\/\//, "")}</bdi>;

export function ShutGates({ gates }: { gates: readonly GateView[] }) {
	const { formats } = useConsole();
	return (
		<ul class="rows">
			{gates.map((gate) => (
				<li key={`${gate.app} ${gate.origin}`} class="item">
					<span class="item-name">
						<GateName gate={gate} />
					</span>
					<span class="item-marks">
						<GateBadge gate={gate} until={gate.until === undefined ? undefined : formats.time(gate.until)} />
					</span>
					<span class="item-meta">
						{gate.origin !== undefined && `App ${gate.app}. `}
						{gate.since !== undefined && `Since ${formats.moment(gate.since)}. `}
						{gate.why && `${asSentence(gate.why)} `}
						{gate.waiting > 0 && `${counted(formats, gate.waiting, "push waits", "pushes wait")}.`}
					</span>
				</li>
			))}
		</ul>
	);
}

const asSentence = (text: string) => `${capital(text)}${/[.?!]$/.test(text) ? "" : "."}`;

export function CredentialsText({ credentials }: { credentials: readonly Credential[] }) {
	if (credentials.length === 0) return <p>No app needs one.</p>;
	const worst = credentials.filter(({ state }) => state !== "ok");
	if (worst.length === 0) {
		return (
			<p>{credentials.length === 1 ? "The only one is good." : `All ${credentials.length} are good.`}</p>
		);
	}
	return (
		<ul class="rows">
			{worst.map((one) => (
				<li key={`${one.app} ${one.what}`} class="item">
					<span class="item-name">
						{one.what} of <bdi>{one.app}</bdi>
					</span>
					<span class="item-marks">
						{one.state === "bad" ? <Badge tone="bad">Act now</Badge> : <Badge tone="warn">Ends soon</Badge>}
					</span>
					<span class="item-meta">{one.text}</span>
				</li>
			))}
		</ul>
	);
}
