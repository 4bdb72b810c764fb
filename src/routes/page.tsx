/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The frame of the pages that people see: no script, nothing from elsewhere, light and dark. */
import { raw } from "hono/html";
import type { PropsWithChildren } from "hono/jsx";
import { NONCE, secureHeaders } from "hono/secure-headers";
import { FAVICON_PATH } from "./docs/favicon.ts";

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2433; --dim: #5a6478; --paper: #fff; --line: #d8dde6; --soft: #f3f5f9;
  --link: #1b56c4; --get: #14694a; --post: #1b56c4; --put: #8a5a00; --delete: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8f0; --dim: #9aa5ba; --paper: #14171e; --line: #323949;
  --soft: #1d222d; --link: #8ab4ff; --get: #5fd0a3; --post: #8ab4ff; --put: #f0c060; --delete: #ff9a92; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 56rem; padding: 1.5rem 1rem 4rem; font: 1rem/1.55 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); }
h1 { margin: 0; font-size: 1.9rem; } h2 { margin: 2.5rem 0 .5rem; font-size: 1.35rem; }
h3 { margin: 1.2rem 0 .3rem; font-size: 1rem; }
a { color: var(--link); } p { margin: .4rem 0 .8rem; } .dim { color: var(--dim); }
code, pre { font: .875em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; margin: .4rem 0;
  white-space: pre-wrap; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; }
summary { cursor: pointer; padding: .6rem .9rem; } details[open] > summary { border-bottom: 1px solid var(--line); }
details > div { padding: .4rem .9rem .9rem; }
summary b { display: inline-block; min-width: 4.2em; } .get { color: var(--get); } .post { color: var(--post); }
.put { color: var(--put); } .delete { color: var(--delete); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .925rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); }
td:first-child { white-space: nowrap; }
@media (max-width: 36rem) { td { display: block; } td:first-child { border: 0; padding-bottom: 0; } }
:target { outline: 2px solid var(--link); outline-offset: .3rem; }
`;

/** The middleware of pages: their own style, the icon, and nothing else. @param formAction where their forms may post to */
export const pageHeaders = (formAction: "'none'" | "'self'") =>
	secureHeaders({
		contentSecurityPolicy: {
			defaultSrc: ["'none'"],
			styleSrc: [NONCE],
			imgSrc: ["'self'"],
			baseUri: ["'none'"],
			formAction: [formAction],
			frameAncestors: ["'none'"],
		},
		strictTransportSecurity: false,
		xFrameOptions: "DENY",
	});

/**
 * Renders a page that is the same for everybody but for its nonce.
 * @param render is called once, with a stand-in for the nonce
 * @returns the page's HTML with a nonce
 */
export function renderedOnce(
	render: (nonce: string) => { toString(): string | Promise<string> },
): (nonce: string) => Promise<string> {
	let parts: string[] | undefined;
	return async (nonce) => {
		if (!parts) {
			const standIn = crypto.randomUUID();
			parts = (await render(standIn).toString()).split(standIn);
		}
		return parts.join(nonce);
	};
}

interface PageProps {
	title: string;
	/** The one that the response's Content-Security-Policy allows. */
	nonce: string;
	/** CSS for this page alone. */
	style?: string;
	/** All of its CSS, in place of what pages have in common. */
	dress?: string;
}

/** A page of HTML. */
export function Page({ title, nonce, style = "", dress = STYLE, children }: PropsWithChildren<PageProps>) {
	return (
		<>
			{raw("<!DOCTYPE html>")}
			<html lang="en">
				<head>
					<meta charset="utf-8" />
					<meta name="viewport" content="width=device-width, initial-scale=1" />
					<title>{title}</title>
					<link rel="icon" type="image/svg+xml" href={FAVICON_PATH} />
					<style nonce={nonce}>{raw(dress + style)}</style>
				</head>
				<body>{children}</body>
			</html>
		</>
	);
}
