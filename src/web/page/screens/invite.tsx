/** @jsxImportSource preact */
/** The account needs an invite, or the one that was shown lets it not in. */
import { usePage, useTexts } from "../page.ts";
import { sentenceOf } from "../parts/fault-text.tsx";
import { Field, typed } from "../parts/field.tsx";
import { SetUpFrame } from "../parts/frame.tsx";
import { Opening } from "../parts/heading.tsx";
import type { SetUpState } from "../set-up.ts";

export function Invite({ state: { domain, mistake } }: { state: Extract<SetUpState, { at: "invite" }> }) {
	const { setUp, browser } = usePage();
	const t = useTexts();
	return (
		<SetUpFrame step="allow">
			<Opening title={t.invite.title}>{t.invite.lead(browser.host, domain)}</Opening>
			<form
				class="stack"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					void setUp.showInvite(typed(event.currentTarget, "invite"));
				}}
			>
				<Field
					id="invite"
					label={t.invite.label}
					hint={t.invite.hint}
					error={mistake && sentenceOf(t, mistake)}
					name="invite"
					type="text"
					autocomplete="off"
					maxLength={300}
					verbatim
					required
				/>
				<div class="row actions">
					<button class="btn next" type="submit">
						{t.invite.go}
					</button>
					<button class="btn quiet" type="button" onClick={() => setUp.stop()}>
						{t.stopped.other}
					</button>
				</div>
			</form>
		</SetUpFrame>
	);
}
