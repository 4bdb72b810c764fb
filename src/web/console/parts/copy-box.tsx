/** @jsxImportSource preact */
/** A value for elsewhere, with a button that copies it. */
import { useState } from "preact/hooks";
import { useConsole } from "../console.ts";

/** @param what for who does not see it */
export function CopyBox({ what, value, big = false }: { what: string; value: string; big?: boolean }) {
	const console = useConsole();
	const [copied, setCopied] = useState<boolean>();
	return (
		<div class="stack tight">
			<div class="copy">
				{/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too. */}
				{/* biome-ignore lint/a11y/useSemanticElements: no fieldset, it has no fields. */}
				<pre class="wraps" tabIndex={0} role="group" aria-label={what}>
					{big ? <span class="big-code">{value}</span> : <code>{value}</code>}
				</pre>
				<button
					class="btn"
					type="button"
					aria-label={`Copy: ${what}`}
					onClick={async () => setCopied(await console.copy(value))}
				>
					{copied ? "Copied" : "Copy"}
				</button>
			</div>
			<span role="status" class={copied === false ? "hint" : "hush"}>
				{copied === undefined ? "" : copied ? "Copied" : "This browser does not copy. Mark it, and copy it."}
			</span>
		</div>
	);
}
