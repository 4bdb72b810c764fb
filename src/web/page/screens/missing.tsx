/** @jsxImportSource preact */
/** The account's server has no push: what its admin adds. */
import { PUSH_CURES } from "../cures.ts";
import { usePage, useTexts } from "../page.ts";
import { CureLines } from "../parts/cure-lines.tsx";
import { SetUpFrame } from "../parts/frame.tsx";
import { Opening } from "../parts/heading.tsx";
import type { SetUpState } from "../set-up.ts";

export function Missing({ state: { domain } }: { state: Extract<SetUpState, { at: "missing" }> }) {
	const { setUp } = usePage();
	const t = useTexts();
	const { missing } = t;
	const aside = (
		<>
			<h2>{missing.notAdmin}</h2>
			<p>{missing.notAdminText}</p>
			<h2>{missing.cannotWait}</h2>
			<p>{missing.cannotWaitText}</p>
		</>
	);
	return (
		<SetUpFrame step="server" aside={aside} asideLabel={missing.choices}>
			<Opening title={missing.title}>{missing.lead(domain)}</Opening>
			<ol class="checks" aria-label={missing.checked}>
				<li class="done">
					<span>{t.finding.found(domain)}</span>
				</li>
				<li class="done">
					<span>{t.finding.signedIn}</span>
				</li>
				<li class="fails">
					<strong>{missing.notThere}</strong>
					<span class="small muted">{missing.askedFor}</span>
				</li>
			</ol>
			<section class="card" aria-labelledby="cure">
				<h2 id="cure">{missing.send(domain)}</h2>
				<CureLines cures={PUSH_CURES} notes={{ Prosody: missing.prosodyNote }} />
				<p class="small muted">{missing.after}</p>
			</section>
			<div class="row actions">
				<button class="btn next" type="button" onClick={() => setUp.again()}>
					{missing.again}
				</button>
				<button class="btn quiet" type="button" onClick={() => setUp.stop()}>
					{missing.other}
				</button>
			</div>
		</SetUpFrame>
	);
}
