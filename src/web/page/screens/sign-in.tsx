/** @jsxImportSource preact */
/** The first screen: address and password. */

import { usePage, useTexts } from "../page.ts";
import { sentenceOf } from "../parts/fault-text.tsx";
import { Field, takePassword, typed } from "../parts/field.tsx";
import { SetUpFrame } from "../parts/frame.tsx";
import { Opening } from "../parts/heading.tsx";
import { Filled } from "../parts/text.tsx";
import { hashOf } from "../routes.ts";
import type { SetUpState } from "../set-up.ts";
import type { Texts } from "../texts/texts.ts";

export function SignIn({ state }: { state: Extract<SetUpState, { at: "sign-in" }> }) {
	const { setUp, invite, browser } = usePage();
	const t = useTexts();
	const { jid, password } = mistakes(t, state);
	return (
		<SetUpFrame step="sign-in" aside={<Who />} asideLabel={t.signIn.who}>
			<Opening title={t.signIn.title}>{t.signIn.lead}</Opening>
			{invite.value !== undefined && (
				<div class="banner ok" role="status">
					<p>{t.invite.there(browser.host)}</p>
				</div>
			)}
			<form
				class="stack"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					const form = event.currentTarget;
					void setUp.signIn(typed(form, "username"), takePassword(form, "password"));
				}}
			>
				<Field
					id="jid"
					label={t.signIn.jid}
					hint={t.signIn.jidHint}
					error={jid}
					name="username"
					type="email"
					inputMode="email"
					autocomplete="username"
					verbatim
					required
					value={state.jid}
				/>
				<Field
					id="pw"
					label={t.signIn.password}
					hint={t.signIn.passwordHint}
					error={password}
					name="password"
					type="password"
					autocomplete="current-password"
					required
				/>
				<div class="row actions">
					<button class="btn next" type="submit">
						{t.signIn.go}
					</button>
					<a class="btn quiet" href={hashOf({ at: "copy" })}>
						{t.signIn.own}
					</a>
				</div>
			</form>
		</SetUpFrame>
	);
}

/** At the field that it is about. */
function mistakes(t: Texts, { mistake }: { mistake?: Extract<SetUpState, { at: "sign-in" }>["mistake"] }) {
	if (mistake === undefined) return {};
	if (mistake === "jid") return { jid: t.signIn.jidMistake };
	if (mistake === "password") return { password: t.signIn.passwordMissing };
	return { [mistake.kind === "domain-unknown" ? "jid" : "password"]: sentenceOf(t, mistake) };
}

/** Before a password is typed, a person hears whose page this is. */
export function Who() {
	const { browser } = usePage();
	const t = useTexts();
	return (
		<>
			<h2>{t.signIn.who}</h2>
			<p>
				<Filled text={t.signIn.whoRuns} host={<strong>{browser.host}</strong>} />
			</p>
			<p>{t.signIn.keeps}</p>
			<p>
				<a href={hashOf({ at: "copy" })}>{t.signIn.without}</a>
			</p>
		</>
	);
}
