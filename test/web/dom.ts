/** A document without a browser, for one test file: what the web app's and the console's tests have in common. */
import { Window } from "happy-dom";
import { render } from "preact";

/** What is drawn, as somebody reads it and types into it. */
export interface Reader {
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
}

/** ms until a wait for words gives up. */
const PATIENCE = 2_000;

/** Promises that are settled go on, and Preact draws. */
export async function turns(count: number): Promise<void> {
	for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * The document is there until `close`.
 * @param names what of the window is global meanwhile
 */
export function openWindow(url: string, names: readonly string[]) {
	const window = new Window({ url });
	const former = names.map((name) => Reflect.get(globalThis, name));
	for (const name of names) Reflect.set(globalThis, name, Reflect.get(window, name));
	const roots: HTMLElement[] = [];
	return {
		/** An element of its own to draw into. */
		root(): HTMLElement {
			const root = document.createElement("div");
			document.body.append(root);
			roots.push(root);
			return root;
		},
		close() {
			for (const root of roots) render(null, root);
			names.forEach((name, index) => {
				if (former[index] === undefined) Reflect.deleteProperty(globalThis, name);
				else Reflect.set(globalThis, name, former[index]);
			});
			void window.happyDOM.close();
		},
	};
}

/** @param buttons what `find` looks for by its text @param settled waits until all is drawn */
export function readerOf(root: HTMLElement, buttons: string, settled: () => Promise<void>): Reader {
	const text = () => (root.textContent ?? "").replace(/\s+/g, " ");
	function find<Kind extends HTMLElement>(selectorOrText: string): Kind {
		const byText = [...root.querySelectorAll<Kind>(buttons)].find(
			(element) => element.textContent?.trim() === selectorOrText,
		);
		const found =
			byText ?? (/^[#.[a-z]/.test(selectorOrText) ? root.querySelector<Kind>(selectorOrText) : null);
		if (!found) throw new Error(`There is no ${selectorOrText} in: ${text()}`);
		return found;
	}
	return {
		root,
		text,
		find,
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
	};
}
