/** A document without a browser, for one test file: `document` is there between `openDom` and its `close`. */
import { Window } from "happy-dom";
import { h, render } from "preact";
import { App } from "../../../src/web/page/app.tsx";
import { createPage, type PageEffects } from "../../../src/web/page/create-page.ts";
import { type Page, PageProvider } from "../../../src/web/page/page.ts";

export interface Dom {
	/** Draws a page. */
	draw(effects: PageEffects): Promise<Drawn>;
	/** Takes the document away again. */
	close(): void;
}

export interface Drawn {
	page: Page;
	root: HTMLElement;
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

const GLOBALS = ["document", "SVGElement"] as const;

export function openDom(): Dom {
	const window = new Window({ url: "https://push.example.net/app/" });
	const former = GLOBALS.map((name) => Reflect.get(globalThis, name));
	for (const name of GLOBALS) Reflect.set(globalThis, name, Reflect.get(window, name));
	const roots: HTMLElement[] = [];
	return {
		async draw(effects) {
			const root = document.createElement("div");
			document.body.append(root);
			roots.push(root);
			const page = createPage(effects);
			await page.accounts.refresh();
			render(h(PageProvider, { value: page }, h(App, null)), root);
			await settled();
			return drawn(page, root);
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
	for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function drawn(page: Page, root: HTMLElement): Drawn {
	const text = () => (root.textContent ?? "").replace(/\s+/g, " ");
	function find<Kind extends HTMLElement>(selectorOrText: string): Kind {
		const byText = [...root.querySelectorAll<Kind>("button, a, summary")].find(
			(element) => element.textContent?.trim() === selectorOrText,
		);
		const found =
			byText ?? (/^[#.[a-z]/.test(selectorOrText) ? root.querySelector<Kind>(selectorOrText) : null);
		if (!found) throw new Error(`There is no ${selectorOrText} in: ${text()}`);
		return found;
	}
	return {
		page,
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
			find<HTMLFormElement>(selector).dispatchEvent(new (eventOf(root))("submit", { cancelable: true }));
			await settled();
		},
	};
}

const eventOf = (root: HTMLElement): typeof Event => {
	const view = root.ownerDocument.defaultView;
	if (!view) throw new Error("The document has no window.");
	return view.Event;
};
