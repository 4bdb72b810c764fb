/** @jsxImportSource preact */
/** Where the server is, when its domain does not tell. */
import type { ComponentChildren } from "preact";
import { ADDRESS_CURES } from "../cures.ts";
import { usePage, useTexts } from "../page.ts";
import { CureLines } from "../parts/cure-lines.tsx";
import { sentenceOf } from "../parts/fault-text.tsx";
import { Field, typed } from "../parts/field.tsx";
import { SetUpFrame } from "../parts/frame.tsx";
import { Opening } from "../parts/heading.tsx";
import { Linked } from "../parts/text.tsx";
import type { SetUpState } from "../set-up.ts";
import type { Texts } from "../texts/texts.ts";
import { Who } from "./sign-in.tsx";

type State = Extract<SetUpState, { at: "address" }>;

export function Address({ state }: { state: State }) {
	const { setUp } = usePage();
	const t = useTexts();
	const { domain } = state;
	return (
		<SetUpFrame step="server" aside={<Who />} asideLabel={t.signIn.who}>
			<Opening title={t.address.title}>{t.address.lead(domain)}</Opening>
			<form
				class="stack"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					void setUp.tryAddress(typed(event.currentTarget, "ws"));
				}}
			>
				<Field
					id="ws"
					label={t.address.label}
					hint={t.address.hint}
					error={mistakeOf(t, state)}
					name="ws"
					type="url"
					verbatim
					value={state.typed}
				/>
				<div class="row actions">
					<button class="btn next" type="submit">
						{t.address.go}
					</button>
					<button class="btn quiet" type="button" onClick={() => setUp.stop()}>
						{t.back}
					</button>
				</div>
			</form>
			<details class="fold">
				<summary>{t.address.cure(domain)}</summary>
				<div class="stack">
					<p class="small">{t.address.cureText}</p>
					<CureLines
						cures={ADDRESS_CURES}
						notes={{ Prosody: t.address.prosodyNote, ejabberd: t.address.ejabberdNote }}
					/>
				</div>
			</details>
		</SetUpFrame>
	);
}

/** That the domain tells nothing is said above already. */
function mistakeOf(t: Texts, { mistake }: State): ComponentChildren {
	if (mistake === undefined) return;
	if (mistake === "not-wss") return t.address.notWss;
	if (mistake.kind === "no-server-known") return;
	const sentence = sentenceOf(t, mistake);
	return mistake.kind === "server-unreachable" ? <Linked text={sentence} /> : sentence;
}
