/** @jsxImportSource preact */
/** The console's page: what the browser loads, put together. */
import { render } from "preact";
import { windowClock } from "../clock.ts";
import { App } from "./app.tsx";
import { ConsoleProvider, type StreamListener } from "./console.ts";
import { createConsole } from "./create-console.ts";

/** Server-sent events that the page knows. */
const EVENTS = ["happened", "more"];

function openStream(url: string, listener: StreamListener) {
	const source = new EventSource(url);
	source.addEventListener("open", () => listener.opened());
	for (const name of EVENTS) source.addEventListener(name, ({ data }) => listener.event(name, String(data)));
	source.addEventListener("error", () => listener.failed(source.readyState === EventSource.CLOSED));
	return source;
}

function onReturn(listener: () => void): () => void {
	const seen = () => {
		if (document.visibilityState === "visible") listener();
	};
	document.addEventListener("visibilitychange", seen);
	window.addEventListener("online", listener);
	return () => {
		document.removeEventListener("visibilitychange", seen);
		window.removeEventListener("online", listener);
	};
}

async function copy(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return false;
	}
}

const root = document.getElementById("console");
if (root) {
	const console = createConsole({
		fetch: (url, init) => fetch(url, init),
		base: new URL("api/", document.baseURI).href,
		host: location.host,
		clock: windowClock,
		languages: navigator.languages,
		address: {
			hash: () => location.hash,
			push: (hash) => history.pushState(null, "", hash),
			replace: (hash) => history.replaceState(null, "", hash),
			onChange: (listener) => window.addEventListener("popstate", listener),
		},
		copy,
		openStream,
		isSeen: () => document.visibilityState === "visible",
		onReturn,
	});
	render(
		<ConsoleProvider value={console}>
			<App />
		</ConsoleProvider>,
		root,
	);
	void console.resume();
}
