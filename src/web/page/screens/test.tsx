/** @jsxImportSource preact */
/** The test push of the set-up: on its way, shown, or where it stopped. */

import { usePage, useTexts } from "../page.ts";
import { CopyBox } from "../parts/copy-box.tsx";
import { sentencesOf } from "../parts/fault-text.tsx";
import { SetUpFrame } from "../parts/frame.tsx";
import { Opening } from "../parts/heading.tsx";
import { Filled } from "../parts/text.tsx";
import { Way } from "../parts/way.tsx";
import { hostOf, makerOf } from "../push-service.ts";
import { hashOf } from "../routes.ts";
import type { SetUpState } from "../set-up.ts";
import type { TestResult } from "../test-push.ts";
import type { Texts } from "../texts/texts.ts";
import { duration } from "../times.ts";

export function Test({ state }: { state: Extract<SetUpState, { at: "testing" | "tested" }> }) {
	const { setUp } = usePage();
	const t = useTexts();
	const { device, domain } = state;
	const result = state.at === "tested" ? state.result : undefined;
	const late = result?.kind === "stopped" ? result : undefined;
	const { account, endpoint, name } = device;
	const aside = (
		<>
			<h2>{late ? t.test.canDo : t.test.know}</h2>
			<p>{late ? `${todoOf(t, late)} ${t.test.closeText}` : t.test.knowText}</p>
		</>
	);
	return (
		<SetUpFrame step="test" aside={result && aside} asideLabel={late ? t.test.canDo : t.test.know}>
			<TestOpening key={state.at} result={result} domain={domain} maker={makerOf(endpoint)} />
			<section class="card" aria-labelledby="way-h">
				<h2 id="way-h">{t.test.way}</h2>
				<Way result={result} from="server" domain={domain} endpoint={endpoint} name={name} />
			</section>
			{result && (
				<div class="row actions">
					{late && (
						<button class="btn next" type="button" onClick={() => setUp.testAgain()}>
							{t.test.again}
						</button>
					)}
					<a class={late ? "btn" : "btn next"} href={hashOf({ at: "devices", account })}>
						{t.test.devices}
					</a>
					{!late && (
						<button class="btn" type="button" onClick={() => setUp.testAgain()}>
							{t.test.again}
						</button>
					)}
				</div>
			)}
			{late && <ForOperator result={late} device={device} />}
		</SetUpFrame>
	);
}

function TestOpening({
	result,
	domain,
	maker,
}: {
	result: TestResult | undefined;
	domain: string;
	maker: string;
}) {
	const t = useTexts();
	if (!result) return <Opening title={t.test.runningTitle}>{t.test.runningLead}</Opening>;
	if (result.kind === "shown") {
		return (
			<Opening title={t.test.doneTitle}>
				<Filled text={t.test.doneLead} time={<strong>{duration(result.tookMs, t.lang)}</strong>} />
			</Opening>
		);
	}
	if (result.kind === "handed-over") return <Opening title={t.test.doneTitle}>{t.test.handedOver}</Opening>;
	const { fault, station } = result;
	const is = fault
		? sentencesOf(t, fault)[0]
		: t.test.stoppedAt[station](station === "server" ? domain : maker);
	return <Opening title={t.test.lateTitle}>{is}</Opening>;
}

type Late = Extract<TestResult, { kind: "stopped" }>;

const todoOf = (t: Texts, { fault, station }: Late) =>
	fault ? sentencesOf(t, fault)[1] : t.test.todo[station];

/** In one line, for somebody who reads logs: in no language of people. */
function ForOperator({
	result,
	device,
}: {
	result: Late;
	device: { account: string; node: string; endpoint: string };
}) {
	const { clock } = usePage();
	const t = useTexts();
	const { station, fault, lastError } = result;
	const reason = fault ? fault.kind : (lastError ?? "no answer in 30 s");
	const line = [
		new Date(clock.now()).toISOString(),
		device.account,
		`node ${device.node}`,
		hostOf(device.endpoint),
		`stopped at ${station}: ${reason}`,
	].join(" ");
	return (
		<details class="fold">
			<summary>{t.test.forOperator}</summary>
			<CopyBox what={t.test.forOperator} value={line} />
		</details>
	);
}
