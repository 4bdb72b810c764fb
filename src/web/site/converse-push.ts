/** `GET /app/converse-push.js`: push for a page with Converse.js, as a plug-in of it. A classic script, beside push.js. */
import { addTo, type Converse } from "./converse-plugin.ts";
import type { SiteKit } from "./enabling.ts";

const script = document.currentScript;
if (!(script instanceof HTMLScriptElement) || script.src === "")
	throw new Error('Load converse-push.js by <script src="…">, without type="module".');
const kit: Promise<SiteKit> = import(new URL("push.js", script.src).href);
// Whoever needs it hears of it.
kit.catch(() => {});
const add = (converse: Converse) => addTo(converse, kit, window.localStorage);

/** Converse.js is there already, or says when it is. */
const { converse } = window as { converse?: Converse };
if (converse?.plugins) add(converse);
else {
	window.addEventListener("converse-loaded", (event) =>
		add((event as CustomEvent<{ converse: Converse }>).detail.converse),
	);
}
