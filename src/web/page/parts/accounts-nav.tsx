/** @jsxImportSource preact */
/** The accounts of this browser: a list at the side, one row that opens on a phone. */
import { usePage, useTexts } from "../page.ts";
import { hashOf } from "../routes.ts";
import { Jid } from "./text.tsx";

export function AccountsNav({ current }: { current: string }) {
	const { accounts } = usePage();
	const t = useTexts();
	const list = (
		<>
			<ul class="navlist">
				{accounts.names.value.map((account) => (
					<li key={account}>
						<a
							href={hashOf({ at: "devices", account })}
							aria-current={account === current ? "page" : undefined}
						>
							<Jid jid={account} />
						</a>
					</li>
				))}
			</ul>
			<a class="btn quiet small" href={hashOf({ at: "set-up", step: "sign-in" })}>
				{t.addAccount}
			</a>
		</>
	);
	return (
		<>
			<nav class="side stack close" aria-label={t.accounts}>
				{list}
			</nav>
			<details class="accounts" key={current}>
				<summary>
					<Jid jid={current} />
				</summary>
				<nav class="stack close" aria-label={t.accounts}>
					{list}
				</nav>
			</details>
		</>
	);
}
