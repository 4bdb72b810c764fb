/** The web app's page on a document without a browser, for one test file: it is there between `openDom` and its `close`. */
import { h, render } from "preact";
import { App } from "../../../src/web/page/app.tsx";
import { createPage, type PageEffects } from "../../../src/web/page/create-page.ts";
import { type Page, PageProvider } from "../../../src/web/page/page.ts";
import { openWindow, type Reader, readerOf, turns } from "../dom.ts";

export interface Dom {
	/** Draws a page. */
	draw(effects: PageEffects): Promise<Drawn>;
	/** Takes the document away again. */
	close(): void;
}

export interface Drawn extends Reader {
	page: Page;
}

const settled = () => turns(5);

export function openDom(): Dom {
	const window = openWindow("https://push.example.net/app/", ["document", "SVGElement"]);
	return {
		async draw(effects) {
			const root = window.root();
			const page = createPage(effects);
			await page.accounts.refresh();
			render(h(PageProvider, { value: page }, h(App, null)), root);
			await settled();
			return { ...readerOf(root, "button, a, summary", settled), page };
		},
		close: window.close,
	};
}
