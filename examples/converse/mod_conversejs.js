// For the pages that mod_conversejs of Prosody and ejabberd makes: set `conversejs_script` to this file. It stands beside
// converse.min.js, and loads the plug-in before it.
(() => {
	// Prosody's page loads it as a module, which has no currentScript.
	const here = document.querySelector("script[src*='mod_conversejs.js']").src;
	const loaded = new Promise((resolve, reject) => {
		const plugin = document.createElement("script");
		plugin.src = "https://push.example.net/app/converse-push.js";
		const chat = document.createElement("script");
		chat.type = "module";
		// Converse.js looks for what OMEMO takes beside a script of this name.
		chat.src = new URL("converse.min.js", here);
		Object.assign(chat, { onload: resolve, onerror: reject });
		// Where Reveille is away, there is a chat all the same.
		plugin.onload = plugin.onerror = () => document.head.append(chat);
		document.head.append(plugin);
	});
	// What the page calls at once.
	window.converse = {
		initialize: (settings) => loaded.then(() => window.converse.initialize(settings)),
	};
})();
