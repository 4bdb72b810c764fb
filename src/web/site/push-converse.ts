/** `GET /app/push-converse.js`: push for a page with Converse.js, as a plug-in of it. A classic script. */
import { type Converse, pluginOf } from "./converse-plugin.ts";
import { siteKitOf } from "./window-kit.ts";

const NAME = "reveille-push";

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : undefined;
const plugin = pluginOf(siteKitOf(window, script), window.localStorage);

/** Converse.js is there already, or says when it is. */
const { converse } = window as { converse?: Converse };
if (converse) converse.plugins.add(NAME, plugin);
else {
	window.addEventListener("converse-loaded", (event) => {
		(event as CustomEvent<{ converse: Converse }>).detail.converse.plugins.add(NAME, plugin);
	});
}
