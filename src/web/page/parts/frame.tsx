/** @jsxImportSource preact */
/** The head and foot of the page, and the columns of a screen. */
import type { ComponentChildren } from "preact";
import { usePage, useTexts } from "../page.ts";
import { hashOf } from "../routes.ts";
import { STEPS, type Step } from "../set-up.ts";
import { LANGUAGES } from "../texts/texts.ts";
import { AccountsNav } from "./accounts-nav.tsx";
import { Bugle } from "./marks.tsx";

export function Frame({ children }: { children: ComponentChildren }) {
	const { browser } = usePage();
	const t = useTexts();
	return (
		<>
			{/* A link to #main would be another screen. */}
			<button class="skip" type="button" onClick={(event) => mainOf(event.currentTarget)?.focus()}>
				{t.skip}
			</button>
			<header class="head">
				<a class="brand" href={hashOf({ at: "devices" })}>
					<Bugle />
					Reveille
				</a>
				<span class="host">{browser.host}</span>
			</header>
			{children}
			<Foot />
		</>
	);
}

const mainOf = (element: Element) => element.ownerDocument.querySelector("main");

function Foot() {
	const page = usePage();
	const t = useTexts();
	return (
		<footer class="foot">
			{LANGUAGES.map(({ lang, language }) => (
				<button
					key={lang}
					type="button"
					class="link"
					lang={lang}
					aria-pressed={lang === t.lang}
					onClick={() => page.speak(lang)}
				>
					{language}
				</button>
			))}
			<a href="../">{t.about}</a>
		</footer>
	);
}

/** A screen of the set-up: the steps before it, notes after it. */
export function SetUpFrame({
	step,
	aside,
	asideLabel,
	children,
}: {
	step: Step;
	aside?: ComponentChildren;
	asideLabel?: string;
	children: ComponentChildren;
}) {
	return (
		<div class="app">
			<Steps current={step} />
			<main id="main" tabIndex={-1}>
				<div class="stack wide">{children}</div>
			</main>
			{aside && (
				<aside class="aside stack close" aria-label={asideLabel}>
					{aside}
				</aside>
			)}
		</div>
	);
}

function Steps({ current }: { current: Step }) {
	const { steps } = useTexts();
	const reached = STEPS.indexOf(current);
	return (
		<nav aria-label={steps.label}>
			<ol class="steps">
				{STEPS.map((step, index) => (
					<li
						key={step}
						class={index < reached ? "done" : undefined}
						aria-current={step === current ? "step" : undefined}
					>
						{steps[step]}
						{index < reached && <span class="hush"> ({steps.done})</span>}
					</li>
				))}
			</ol>
		</nav>
	);
}

/** A screen of the devices: the accounts before it. */
export const DevicesFrame = ({ account, children }: { account: string; children: ComponentChildren }) => (
	<div class="app two">
		<AccountsNav current={account} />
		<main id="main" tabIndex={-1}>
			<div class="stack wide">{children}</div>
		</main>
	</div>
);
