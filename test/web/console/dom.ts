/** A console on a document without a browser, for one test file: it is there between `openDom` and its `close`. */
import { Window } from "happy-dom";
import { h, render } from "preact";
import { App } from "../../../src/web/console/app.tsx";
import { type Console, ConsoleProvider, type StreamListener } from "../../../src/web/console/console.ts";
import { type ConsoleEffects, createConsole } from "../../../src/web/console/create-console.ts";
import { type ConsoleDouble, createConsoleDouble } from "./console-double.ts";

/** A Friday. */
export const NOW = Date.UTC(2026, 10, 27, 14, 5, 31);

export interface Drawn {
	readonly console: Console;
	readonly double: ConsoleDouble;
	readonly root: HTMLElement;
	/** All that is read, with single blanks. */
	text(): string;
	/** Waits until the text has it. @throws with the text at the deadline */
	until(words: string): Promise<void>;
	/** The first element of the selector, or the first button or link with the text. @throws when there is none */
	find<Kind extends HTMLElement = HTMLElement>(selectorOrText: string): Kind;
	press(text: string): Promise<void>;
	type(selector: string, value: string): void;
	/** Sends the first form, or the one of the selector. */
	send(selector?: string): Promise<void>;
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

/** ms until a wait for words gives up. */
const PATIENCE = 2_000;

const GLOBALS = ["document", "SVGElement"] as const;

export function openDom(): Dom {
	const window = new Window({ url: "https://push.example.net/admin/" });
	const former = GLOBALS.map((name) => Reflect.get(globalThis, name));
	for (const name of GLOBALS) Reflect.set(globalThis, name, Reflect.get(window, name));
	const roots: HTMLElement[] = [];
	return {
		async draw(hash, set) {
			const root = document.createElement("div");
			document.body.append(root);
			roots.push(root);
			const double = createConsoleDouble(() => NOW);
			set?.(double);
			const played = play(double, hash);
			const console = createConsole(played.effects);
			render(h(ConsoleProvider, { value: console }, h(App, null)), root);
			await console.resume();
			await settled();
			return drawn(console, double, played, root);
		},
		close() {
			for (const root of roots) render(null, root);
			GLOBALS.forEach((name, index) => {
				if (former[index] === undefined) Reflect.deleteProperty(globalThis, name);
				else Reflect.set(globalThis, name, former[index]);
			});
			void window.happyDOM.close();
		},
	};
}

/** Preact draws, and promises that are settled go on. */
async function settled(): Promise<void> {
	for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
	// Effects after a drawing wait for a frame, or 35 ms where there is none.
	await new Promise((resolve) => setTimeout(resolve, 40));
	for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
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
	const text = () => (root.textContent ?? "").replace(/\s+/g, " ");
	function find<Kind extends HTMLElement>(selectorOrText: string): Kind {
		const byText = [...root.querySelectorAll<Kind>("main button, main a, button, a, summary")].find(
			(element) => element.textContent?.trim() === selectorOrText,
		);
		const found =
			byText ?? (/^[#.[a-z]/.test(selectorOrText) ? root.querySelector<Kind>(selectorOrText) : null);
		if (!found) throw new Error(`There is no ${selectorOrText} in: ${text()}`);
		return found;
	}
	return {
		console,
		double,
		root,
		streams: played.streams,
		copied: played.copied,
		text,
		find,
		hash: played.hash,
		async until(words) {
			const end = Date.now() + PATIENCE;
			while (!text().includes(words)) {
				if (Date.now() > end) throw new Error(`“${words}” is not in: ${text()}`);
				await settled();
			}
		},
		async press(label) {
			find(label).click();
			await settled();
		},
		type(selector, value) {
			find<HTMLInputElement>(selector).value = value;
		},
		async send(selector = "form") {
			const view = root.ownerDocument.defaultView;
			if (!view) throw new Error("The document has no window.");
			find<HTMLFormElement>(selector).dispatchEvent(new view.Event("submit", { cancelable: true }));
			await settled();
		},
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
