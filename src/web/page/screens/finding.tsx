/** @jsxImportSource preact */
/** While the server is found and asked. */

import { usePage, useTexts } from "../page.ts";
import { SetUpFrame } from "../parts/frame.tsx";
import { Opening } from "../parts/heading.tsx";
import { Filled, Jid } from "../parts/text.tsx";
import type { SetUpState } from "../set-up.ts";
import { Who } from "./sign-in.tsx";

export function Finding({ state }: { state: Extract<SetUpState, { at: "finding" }> }) {
	const { setUp } = usePage();
	const t = useTexts();
	const { jid, domain, service, signedIn } = state;
	return (
		<SetUpFrame step="server" aside={<Who />} asideLabel={t.signIn.who}>
			<Opening title={t.finding.title}>{t.finding.lead}</Opening>
			<ol class="checks" aria-live="polite" aria-label={t.finding.checks}>
				<li class={service === undefined ? "runs" : "done"}>
					<span>{service === undefined ? t.finding.find(domain) : t.finding.found(domain)}</span>
					{service !== undefined && <span class="small muted">{service}</span>}
				</li>
				<li class={signedIn ? "done" : service === undefined ? "later" : "runs"}>
					<span>{signedIn ? t.finding.signedIn : t.finding.signIn}</span>
					{signedIn && (
						<span class="small muted">
							<Filled text={t.finding.as} jid={<Jid jid={jid} />} />
						</span>
					)}
				</li>
				<li class={signedIn ? "runs" : "later"}>
					<span>{signedIn ? t.finding.asking : t.finding.push}</span>
				</li>
			</ol>
			<div class="row actions">
				<button class="btn" type="button" onClick={() => setUp.stop()}>
					{t.stop}
				</button>
			</div>
		</SetUpFrame>
	);
}
