/** @jsxImportSource preact */
/** Before the browser asks; and what to do when it was told to block. */
import { useState } from "preact/hooks";
import { usePage, useTexts } from "../page.ts";
import { Field, typed } from "../parts/field.tsx";
import { SetUpFrame } from "../parts/frame.tsx";
import { Opening } from "../parts/heading.tsx";
import { Sample } from "../parts/sample.tsx";
import type { SetUpState } from "../set-up.ts";

export function Allow({ state }: { state: Extract<SetUpState, { at: "allow" | "denied" }> }) {
	const { setUp, browser } = usePage();
	const t = useTexts();
	const [nameless, setNameless] = useState(false);
	const denied = state.at === "denied";
	return (
		<SetUpFrame step="allow" aside={<WhatYouSee />} asideLabel={t.allow.see}>
			{denied ? (
				<>
					<Opening title={t.denied.title}>{t.denied.lead(browser.host)}</Opening>
					<ol class="numbered">
						{(browser.standalone ? t.denied.howInstalled : t.denied.how).map((line) => (
							<li key={line}>{line}</li>
						))}
					</ol>
				</>
			) : (
				<Opening title={t.allow.title}>{t.allow.lead}</Opening>
			)}
			{state.at === "allow" && state.dismissed && (
				<div class="banner warn" role="alert">
					<p>{t.allow.dismissed}</p>
				</div>
			)}
			<form
				class="stack"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					const name = typed(event.currentTarget, "device").trim();
					setNameless(name === "");
					if (name !== "") void setUp.allow(name);
				}}
			>
				<Field
					id="name"
					label={t.allow.name}
					hint={t.allow.nameHint}
					error={nameless ? t.allow.nameMissing : undefined}
					name="device"
					type="text"
					autocomplete="off"
					maxLength={LONGEST_NAME}
					value={nameOf(browser.name)}
				/>
				<div class="row actions">
					<button class="btn next" type="submit">
						{denied ? t.tryAgain : t.allow.go}
					</button>
					<button class="btn quiet" type="button" onClick={() => setUp.stop()}>
						{t.stop}
					</button>
				</div>
			</form>
		</SetUpFrame>
	);
}

/** Characters: Reveille takes 256 bytes. */
export const LONGEST_NAME = 60;

/** `Firefox, Linux`: the same in each language. */
export const nameOf = ({ browser, system }: { browser: string; system: string }) =>
	system === "" ? browser : `${browser}, ${system}`;

function WhatYouSee() {
	const { allow } = useTexts();
	return (
		<>
			<h2>{allow.see}</h2>
			<Sample />
			<p>{allow.seeText}</p>
			<p>{allow.secret}</p>
		</>
	);
}
