/** `GET /app/push-converse.js`: push for a page with Converse.js, as a plug-in of it. A classic script, beside push.js. */
import { type Converse, pluginOf } from "./converse-plugin.ts";
import type { SiteKit } from "./enabling.ts";

const NAME = "reveille-push";

const script = document.currentScript;
if (!(script instanceof HTMLScriptElement) || script.src === "")
	throw new Error('Load push-converse.js by <script src="…">, without type="module".');
const kit: Promise<SiteKit> = import(new URL("push.js", script.src).href);
// Whoever needs it hears of it.
kit.catch(() => {});
const plugin = pluginOf(kit, window.localStorage);

/** Converse.js is there already, or says when it is. */
const { converse } = window as { converse?: Converse };
if (converse) converse.plugins.add(NAME, plugin);
else {
	window.addEventListener("converse-loaded", (event) => {
		(event as CustomEvent<{ converse: Converse }>).detail.converse.plugins.add(NAME, plugin);
	});
}
