// For the pages that mod_conversejs of Prosody and ejabberd makes: set `conversejs_script` to this file. It stands beside
// converse.min.js, and loads the plug-in before it.
(() => {
	const here = document.currentScript.src;
	const loaded = new Promise((resolve, reject) => {
		const plugin = document.createElement("script");
		plugin.src = "https://push.example.net/app/push-converse.js";
		// Where Reveille is away, there is a chat all the same.
		plugin.onload = plugin.onerror = () => import(new URL("converse.min.js", here)).then(resolve, reject);
		document.head.append(plugin);
	});
	// What the page calls at once.
	window.converse = {
		initialize: (settings) => loaded.then(() => window.converse.initialize(settings)),
	};
})();
