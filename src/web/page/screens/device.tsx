/** @jsxImportSource preact */
/** One device: its test, its name, its details, its end. */
import { useState } from "preact/hooks";
import type { OwnDevice } from "../../devices.ts";
import { domainOf } from "../../kit/account.ts";
import type { DeviceView } from "../accounts/device-view.ts";
import { usePage, useTexts } from "../page.ts";
import { DeviceMarks } from "../parts/device-state.tsx";
import { EndDialog } from "../parts/end-dialog.tsx";
import { FaultBanner, sentencesOf } from "../parts/fault-text.tsx";
import { Field, typed } from "../parts/field.tsx";
import { DevicesFrame } from "../parts/frame.tsx";
import { Heading, Opening } from "../parts/heading.tsx";
import { PasswordForm } from "../parts/password-form.tsx";
import { Filled, Jid, Name } from "../parts/text.tsx";
import { useAction } from "../parts/use-action.ts";
import { Way } from "../parts/way.tsx";
import { hostOf, makerOf } from "../push-service.ts";
import { hashOf } from "../routes.ts";
import type { TestResult } from "../test-push.ts";
import type { Texts } from "../texts/texts.ts";
import { capital, duration, when } from "../times.ts";
import { LONGEST_NAME } from "./allow.tsx";

export function Device({ device }: { device: DeviceView }) {
	const { clock } = usePage();
	const t = useTexts();
	const { account, own, name } = device;
	const ended = own?.ended !== undefined;
	return (
		<DevicesFrame account={account}>
			<div class="stack close">
				<p>
					<a href={hashOf({ at: "devices", account })}>{t.device.all}</a>
				</p>
				<div class="row spread">
					<Heading title={name}>
						<Name name={name} />
					</Heading>
					<span class="row">
						<DeviceMarks device={device} />
					</span>
				</div>
				<p class="lead">{leadOf(device, t, clock.now())}</p>
			</div>
			{ended ? (
				<Ended device={device} />
			) : (
				<>
					<TestCard device={device} />
					<NameCard device={device} />
				</>
			)}
			<Details device={device} />
			{!ended && <EndCard device={device} />}
		</DevicesFrame>
	);
}

function leadOf({ own, state, lastPushAt }: DeviceView, { device, lang }: Texts, now: number): string {
	if (own?.ended) return device.leadEnded;
	if (state === "failing") return device.leadFailing;
	if (state === "unknown" && lastPushAt === undefined) return device.leadUnknown;
	return lastPushAt === undefined ? device.leadNone : device.lead(when(lastPushAt, now, lang));
}

function TestCard({ device }: { device: DeviceView }) {
	const { accounts, clock } = usePage();
	const t = useTexts();
	const { busy, fault, run } = useAction();
	const [result, setResult] = useState<TestResult>();
	const { own, account, name } = device;
	const last = own?.lastTest;
	const late = result?.kind === "stopped" ? result : undefined;
	return (
		<section class="card" aria-labelledby="test-h">
			<div class="card-head">
				<h2 id="test-h">{t.device.test}</h2>
				{last && (
					<span class="muted small">
						{t.device.lastTest(capital(when(last.at, clock.now(), t.lang)), duration(last.tookMs, t.lang))}
					</span>
				)}
			</div>
			{own && (busy || result) && (
				<Way
					result={busy ? undefined : result}
					from="reveille"
					domain={domainOf(account)}
					endpoint={own.endpoint}
					name={name}
					across
				/>
			)}
			<div role="status" class="stack close live">
				{busy && <p>{t.device.testing}</p>}
				{!busy && result?.kind === "shown" && <p>{t.device.took(duration(result.tookMs, t.lang))}</p>}
				{!busy && result?.kind === "handed-over" && <p>{t.test.handedOver}</p>}
				{!busy && late && <p class="any">{lateText(t, late, !own)}</p>}
			</div>
			{fault && <FaultBanner fault={fault} />}
			<div class="row actions">
				<button
					class="btn next"
					type="button"
					disabled={busy}
					onClick={() => run(async () => setResult(await accounts.test(device)))}
				>
					{t.device.sendTest}
				</button>
			</div>
		</section>
	);
}

/** @param whole also where it stopped: nothing is drawn of it */
function lateText(t: Texts, late: Extract<TestResult, { kind: "stopped" }>, whole: boolean): string {
	const { fault, station, lastError } = late;
	if (fault)
		return sentencesOf(t, fault)
			.slice(whole ? 0 : 1)
			.join(" ");
	const words = whole && lastError !== undefined ? `${t.devices.failed(lastError)} ` : "";
	return `${words}${t.test.todo[station]}`;
}

function NameCard({ device }: { device: DeviceView }) {
	const { accounts } = usePage();
	const t = useTexts();
	const rename = useAction();
	const low = useAction();
	const [done, setDone] = useState<string>();
	const { own, name } = device;
	const setLow = (own: OwnDevice, wantsLow: boolean) =>
		low.run(async () => {
			await accounts.setLow(own, wantsLow);
			setDone(wantsLow ? t.device.lowOn : t.device.lowOff);
		});
	return (
		<section class="card" aria-labelledby="name-h">
			<h2 id="name-h">{t.device.name}</h2>
			<form
				class="inline-form"
				onSubmit={(event) => {
					event.preventDefault();
					const wanted = typed(event.currentTarget, "device").trim();
					if (wanted === "" || wanted === name) return;
					void rename.run(async () => {
						await accounts.rename(device, wanted);
						setDone(t.device.renamed);
					});
				}}
			>
				<Field
					id="name"
					label={t.device.nameLabel}
					name="device"
					type="text"
					autocomplete="off"
					maxLength={LONGEST_NAME}
					value={name}
				/>
				<button class="btn" type="submit" disabled={rename.busy}>
					{t.device.rename}
				</button>
			</form>
			{own && (
				<label class="check">
					<input
						type="checkbox"
						name="low"
						checked={own.wantsLow}
						disabled={low.busy}
						onChange={(event) => setLow(own, event.currentTarget.checked)}
					/>
					<span>
						{t.device.low}
						<br />
						<span class="hint">{t.device.lowHint}</span>
					</span>
				</label>
			)}
			{rename.fault && <FaultBanner fault={rename.fault} />}
			{low.fault && <FaultBanner fault={low.fault} />}
			<p role="status" class={done === undefined ? "hush" : "small"}>
				{done}
			</p>
		</section>
	);
}

function Details({ device }: { device: DeviceView }) {
	const { clock } = usePage();
	const t = useTexts();
	const { own, account, app, invite, lastError } = device;
	const at = (time: number) => capital(when(time, clock.now(), t.lang));
	return (
		<section class="card" aria-labelledby="facts-h">
			<h2 id="facts-h">{t.device.details}</h2>
			<dl class="facts">
				<dt>{t.device.account}</dt>
				<dd>
					<Jid jid={account} />
				</dd>
				{own && (
					<>
						<dt>{t.device.setUp}</dt>
						<dd>{at(own.registeredAt)}</dd>
						<dt>{t.device.renewed}</dt>
						<dd>{at(own.renewedAt)}</dd>
						<dt>{t.device.pushService}</dt>
						<dd>{serviceOf(own.endpoint)}</dd>
						<dt>{t.device.content}</dt>
						<dd>{own.contentKey ? t.device.contentEncrypted : t.device.contentPublished}</dd>
					</>
				)}
				{app !== undefined && (
					<>
						<dt>{t.device.app}</dt>
						<dd>{app}</dd>
					</>
				)}
				{invite !== undefined && (
					<>
						<dt>{t.device.invite}</dt>
						<dd>
							<Name name={invite} />
						</dd>
					</>
				)}
				<dt>{t.device.lastError}</dt>
				<dd>{lastError ?? t.device.none}</dd>
			</dl>
		</section>
	);
}

const serviceOf = (endpoint: string) => {
	const [maker, host] = [makerOf(endpoint), hostOf(endpoint)];
	return maker === host ? host : `${maker} (${host})`;
};

function EndCard({ device }: { device: DeviceView }) {
	const page = usePage();
	const { accounts } = page;
	const t = useTexts();
	const [asked, setAsked] = useState(false);
	const action = useAction();
	const end = () =>
		action.run(async () => {
			const { account, name } = device;
			const told = await accounts.end(device);
			page.notice.value = told ? t.devices.ended(name) : t.devices.endedHere(name);
			page.go(
				accounts.names.value.includes(account) ? { at: "devices", account } : { at: "devices" },
				"replace",
			);
		});
	return (
		<section class="card" aria-labelledby="end-h">
			<div class="stack tight">
				<h2 id="end-h">{t.device.end}</h2>
				<p class="muted">{t.device.endText}</p>
			</div>
			<div class="row actions">
				<button class="btn ends" type="button" onClick={() => setAsked(true)}>
					{t.device.end}
				</button>
			</div>
			{asked && <EndDialog device={device} action={action} end={end} close={() => setAsked(false)} />}
		</section>
	);
}

/** What ended can only be set up again, or forgotten; with the account nothing can be set up any more. */
function Ended({ device: { node, own } }: { device: DeviceView }) {
	const page = usePage();
	const t = useTexts();
	const { run } = useAction();
	const isAccountGone = own?.ended?.why === "account-removed";
	return (
		<section class="card" aria-label={t.devices.state.ended}>
			<p>{isAccountGone ? t.devices.accountRemoved : t.devices.gone}</p>
			<div class="row actions">
				{!isAccountGone && (
					<a class="btn next" href={hashOf({ at: "set-up", step: "sign-in" })}>
						{t.device.setUpAgain}
					</a>
				)}
				<button
					class={isAccountGone ? "btn next" : "btn"}
					type="button"
					onClick={() =>
						run(async () => {
							await page.accounts.forget(node);
							page.go({ at: "devices" }, "replace");
						})
					}
				>
					{t.device.forget}
				</button>
			</div>
		</section>
	);
}

/** A node that is in no list: an old link, or a list that needs the password again. */
export function NoSuchDevice({ account }: { account: string }) {
	const t = useTexts();
	return (
		<DevicesFrame account={account}>
			<p>
				<a href={hashOf({ at: "devices", account })}>{t.device.all}</a>
			</p>
			<Opening title={t.device.notHere}>
				<Filled text={t.device.notHereText} />
			</Opening>
			<section class="card" aria-label={t.devices.others}>
				<PasswordForm account={account} />
			</section>
		</DevicesFrame>
	);
}
