/** A console on a document without a browser, for one test file: it is there between `openDom` and its `close`. */
import { h, render } from "preact";
import { App } from "../../../src/web/console/app.tsx";
import { type Console, ConsoleProvider, type StreamListener } from "../../../src/web/console/console.ts";
import { type ConsoleEffects, createConsole } from "../../../src/web/console/create-console.ts";
import { openWindow, type Reader, readerOf, turns } from "../dom.ts";
import { type ConsoleDouble, createConsoleDouble } from "./console-double.ts";

/** A Friday. */
export const NOW = Date.UTC(2026, 10, 27, 14, 5, 31);

export interface Drawn extends Reader {
	readonly console: Console;
	readonly double: ConsoleDouble;
	/** Opens a link, as the address bar does. */
	open(hash: string): Promise<void>;
	hash(): string;
	/** Lets so many ms pass. */
	pass(ms: number): Promise<void>;
	/** Of each stream that the page has opened, the page's end. */
	readonly streams: StreamListener[];
	/** Somebody comes back to the page. */
	comeBack(): Promise<void>;
	readonly copied: string[];
}

export interface Dom {
	/** @param set changes the double before it is asked */
	draw(hash: string, set?: (double: ConsoleDouble) => void): Promise<Drawn>;
	/** Takes the document away again. */
	close(): void;
}

export function openDom(): Dom {
	const window = openWindow("https://push.example.net/admin/", ["document", "SVGElement"]);
	return {
		async draw(hash, set) {
			const root = window.root();
			const double = createConsoleDouble(() => NOW);
			set?.(double);
			const played = play(double, hash);
			const console = createConsole(played.effects);
			render(h(ConsoleProvider, { value: console }, h(App, null)), root);
			await console.resume();
			await settled();
			return drawn(console, double, played, root);
		},
		close: window.close,
	};
}

/** Effects after a drawing wait for a frame, or 35 ms where there is none. */
async function settled(): Promise<void> {
	await turns(8);
	await new Promise((resolve) => setTimeout(resolve, 40));
	await turns(8);
}

function play(double: ConsoleDouble, first: string) {
	let hash = first;
	let now = NOW;
	const waiting: { until: number; resolve(): void }[] = [];
	const onChange: (() => void)[] = [];
	const onReturn = new Set<() => void>();
	const streams: StreamListener[] = [];
	const copied: string[] = [];
	const effects: ConsoleEffects = {
		fetch: (url, init) => double.fetch(new Request(url, init)),
		base: "https://push.example.net/admin/api/",
		host: "push.example.net",
		clock: {
			now: () => now,
			after: (ms, signal) =>
				new Promise((resolve) => {
					waiting.push({ until: now + ms, resolve });
					signal?.addEventListener("abort", () => resolve());
				}),
		},
		languages: ["en-GB"],
		zone: "UTC",
		address: {
			hash: () => hash,
			push: (next) => {
				hash = next;
			},
			replace: (next) => {
				hash = next;
			},
			onChange: (listener) => onChange.push(listener),
		},
		async copy(text) {
			copied.push(text);
			return true;
		},
		openStream(_url, listener) {
			streams.push(listener);
			return { close() {} };
		},
		isSeen: () => true,
		onReturn(listener) {
			onReturn.add(listener);
			return () => onReturn.delete(listener);
		},
	};
	return {
		effects,
		streams,
		copied,
		hash: () => hash,
		open(next: string) {
			hash = next;
			for (const listener of onChange) listener();
		},
		comeBack() {
			for (const listener of onReturn) listener();
		},
		pass(ms: number) {
			now += ms;
			for (const one of waiting.splice(0)) {
				if (one.until <= now) one.resolve();
				else waiting.push(one);
			}
		},
	};
}

function drawn(
	console: Console,
	double: ConsoleDouble,
	played: ReturnType<typeof play>,
	root: HTMLElement,
): Drawn {
	return {
		...readerOf(root, "main button, main a, button, a, summary", settled),
		console,
		double,
		streams: played.streams,
		copied: played.copied,
		hash: played.hash,
		async open(hash) {
			played.open(hash);
			await settled();
		},
		async comeBack() {
			played.comeBack();
			await settled();
		},
		async pass(ms) {
			played.pass(ms);
			await settled();
		},
	};
}
