/** @jsxImportSource preact */
/** Without a password: a client of the person's own enables push. */
import type { CopyState } from "../copy-set-up.ts";
import { usePage, useTexts } from "../page.ts";
import { CopyBox } from "../parts/copy-box.tsx";
import { sentenceOf } from "../parts/fault-text.tsx";
import { Field, typed } from "../parts/field.tsx";
import { SetUpFrame } from "../parts/frame.tsx";
import { Opening } from "../parts/heading.tsx";
import { hashOf } from "../routes.ts";
import type { Texts } from "../texts/texts.ts";
import { nameOf } from "./allow.tsx";

export function CopyValues() {
	const { copySetUp } = usePage();
	const t = useTexts();
	const state = copySetUp.state.value;
	const aside = (
		<>
			<h2>{t.copyValues.forWhom}</h2>
			<p>{t.copyValues.forWhomText}</p>
		</>
	);
	return (
		<SetUpFrame
			step={state.at === "start" ? "sign-in" : "allow"}
			aside={aside}
			asideLabel={t.copyValues.forWhom}
		>
			{state.at === "values" && <Values key="values" state={state} />}
			{state.at === "command" && <Command key="command" state={state} />}
			{(state.at === "start" || state.at === "running") && <Start key="start" state={state} />}
		</SetUpFrame>
	);
}

function Start({ state }: { state: Extract<CopyState, { at: "start" | "running" }> }) {
	const { copySetUp, browser } = usePage();
	const t = useTexts();
	const running = state.at === "running";
	return (
		<>
			<Opening title={t.copyValues.title}>{t.copyValues.lead}</Opening>
			<form
				class="stack"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					void copySetUp.start(typed(event.currentTarget, "jid"), nameOf(browser.name));
				}}
			>
				<Field
					id="jid"
					label={t.copyValues.jid}
					hint={t.copyValues.jidHint}
					error={mistakeOf(t, state, browser.host)}
					name="jid"
					type="email"
					inputMode="email"
					autocomplete="username"
					verbatim
				/>
				<div class="row actions">
					<button class="btn next" type="submit" disabled={running}>
						{running ? t.loading : t.copyValues.start}
					</button>
					<a class="btn quiet" href={hashOf({ at: "set-up", step: "sign-in" })}>
						{t.copyValues.instead}
					</a>
				</div>
			</form>
		</>
	);
}

function mistakeOf(t: Texts, state: CopyState, host: string): string | undefined {
	if (state.at !== "start" || state.mistake === undefined) return;
	const { mistake } = state;
	if (mistake === "jid") return t.signIn.jidMistake;
	if (mistake === "dismissed") return t.allow.dismissed;
	if (mistake === "denied") return [t.denied.lead(host), ...t.denied.how].join(" ");
	return sentenceOf(t, mistake);
}

function Values({ state: { registered, device } }: { state: Extract<CopyState, { at: "values" }> }) {
	const { copyValues: t } = useTexts();
	return (
		<>
			<Opening title={t.threeTitle}>{t.threeLead}</Opening>
			<Labelled
				values={[
					[t.address, registered.jid],
					[t.node, registered.node],
					[t.secret, registered.secret],
				]}
			/>
			<div class="row actions">
				<a class="btn next" href={hashOf({ at: "device", node: device.node })}>
					{t.test}
				</a>
				<a class="btn quiet" href={hashOf({ at: "set-up", step: "sign-in" })}>
					{t.instead}
				</a>
			</div>
		</>
	);
}

function Command({ state: { subscription } }: { state: Extract<CopyState, { at: "command" }> }) {
	const { settings } = usePage();
	const { copyValues: t } = useTexts();
	const { endpoint, keys } = subscription;
	return (
		<>
			<Opening title={t.commandTitle}>{t.commandLead}</Opening>
			<ol class="numbered">
				{t.commandHow(settings?.address ?? "").map((line) => (
					<li key={line} class="any">
						{line}
					</li>
				))}
			</ol>
			<Labelled
				values={[
					[t.address, settings?.address],
					[t.command, "register-push-webpush"],
					[t.endpoint, endpoint],
					[t.p256dh, keys.p256dh],
					[t.auth, keys.auth],
				]}
			/>
			<div class="row actions">
				<a class="btn" href={hashOf({ at: "set-up", step: "sign-in" })}>
					{t.instead}
				</a>
			</div>
		</>
	);
}

/** Missing values are left out: a pubsub service takes no secret. */
const Labelled = ({
	values,
}: {
	values: readonly (readonly [label: string, value: string | undefined])[];
}) => (
	<div class="stack">
		{values.map(
			([label, value]) =>
				value !== undefined && (
					<div class="stack tight" key={label}>
						<h2>{label}</h2>
						<CopyBox what={label} value={value} />
					</div>
				),
		)}
	</div>
);
