/** @jsxImportSource preact */
/** A value for elsewhere, with a button that copies it. */
import { useState } from "preact/hooks";
import { usePage, useTexts } from "../page.ts";

/** @param what for who does not see it @param lines keeps the lines as they are */
export function CopyBox({ what, value, lines = false }: { what: string; value: string; lines?: boolean }) {
	const { browser } = usePage();
	const t = useTexts();
	const [copied, setCopied] = useState<boolean>();
	return (
		<div class="stack tight">
			<div class="copy">
				{/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too. */}
				{/* biome-ignore lint/a11y/useSemanticElements: no fieldset, it has no fields. */}
				<pre class={lines ? undefined : "wraps"} tabIndex={0} role="group" aria-label={what}>
					<code>{value}</code>
				</pre>
				<button
					class="btn"
					type="button"
					aria-label={t.copyThat(what)}
					onClick={async () => setCopied(await browser.copy(value))}
				>
					{copied ? t.copied : t.copy}
				</button>
			</div>
			<span role="status" class={copied === false ? "hint" : "hush"}>
				{copied === undefined ? "" : copied ? t.copied : t.copyFailed}
			</span>
		</div>
	);
}
