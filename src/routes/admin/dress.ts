/** The dress of the debug pages: that of the console. Tokens first; nothing else has raw colours or sizes. */

const LIGHT = `--page: #f3f5f6; --surface: #fff; --sunken: #e9eef1; --line: #d3dbe0; --edge: #74818d; --ink: #14212c;
  --ink-2: #4b5966; --link: #0a5688; --brass: #9c6a0a; --act: #f4b942; --act-hover: #ffca5c; --act-edge: #a9740d;
  --act-ink: #211600; --focus: #0a4f86;`;
const DARK = `--page: #0e151b; --surface: #161f27; --sunken: #0b1116; --line: #2a3742; --edge: #748592; --ink: #e7edf2;
  --ink-2: #a5b2bd; --link: #8ac8f5; --brass: #eab54a; --act: #f4b942; --act-hover: #ffca5c; --act-edge: #f4b942;
  --act-ink: #211600; --focus: #9cd5ff;`;

/** All of a page's CSS. */
export const DRESS = `
:root { color-scheme: light dark; ${LIGHT}
  --font: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  --small: .875rem; --r: 8px; --touch: 2.75rem; }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
*, *::before, *::after { box-sizing: border-box; }
html { font: 400 100%/1.5 var(--font); color: var(--ink); background: var(--page); -webkit-text-size-adjust: 100%;
  text-size-adjust: 100%; accent-color: var(--link); }
body { margin: 0; border-block-start: 3px solid var(--act); overflow-wrap: break-word; }
h1, p { margin: 0; } h1 { font-size: 1.75rem; font-weight: 650; line-height: 1.2; letter-spacing: -.015em; text-wrap: balance; }
a { color: var(--link); text-underline-offset: .2em; text-decoration-thickness: 1px; } a:hover { text-decoration-thickness: 2px; }
:focus { outline: none; } :focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
.dim { color: var(--ink-2); }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.5rem; padding: .5rem 1rem; }
.brand { display: inline-flex; align-items: center; gap: .5rem; min-block-size: var(--touch); color: var(--ink); font-weight: 650;
  font-size: 1.125rem; }
.brand svg { inline-size: 1.5rem; block-size: 1.5rem; fill: var(--brass); display: block; }
nav { display: flex; flex-wrap: wrap; gap: 2px; }
nav a { display: flex; align-items: center; min-block-size: var(--touch); padding-inline: .75rem; color: var(--ink-2);
  text-decoration: none; border-block-end: 3px solid transparent; border-radius: var(--r) var(--r) 0 0; }
nav a:hover { background: var(--sunken); color: var(--ink); }
nav a[aria-current] { color: var(--ink); font-weight: 600; border-block-end-color: var(--brass); }
main { display: flex; flex-direction: column; gap: 1rem; max-inline-size: 84rem; margin-inline: auto; padding: 1rem 1rem 4rem; }
form, .scroll, .narrow { background: var(--surface); border: 1px solid var(--line); border-radius: 14px; padding: 1rem; }
form, .narrow { inline-size: 100%; max-inline-size: 40rem; }
form { display: flex; flex-direction: column; gap: 1rem; }
form p { display: flex; flex-direction: column; gap: .25rem; }
label { font-weight: 600; } label .dim { font-weight: 400; } .hint { font-size: var(--small); overflow-wrap: anywhere; }
input, select { inline-size: 100%; min-block-size: 3rem; padding: .5rem .75rem; font: inherit; color: var(--ink);
  background: var(--surface); border: 1px solid var(--edge); border-radius: var(--r); }
input:hover, select:hover { border-color: var(--ink); }
button { align-self: start; min-block-size: var(--touch); padding: .5rem 1rem; font: inherit; font-weight: 600; color: var(--act-ink);
  background: var(--act); border: 1px solid var(--act-edge); border-radius: var(--r); cursor: pointer; }
button:hover { background: var(--act-hover); }
.scroll { overflow-x: auto; }
table { inline-size: 100%; border-collapse: collapse; font-size: var(--small); }
th, td { padding: .5rem .75rem; text-align: start; vertical-align: top; border-block-end: 1px solid var(--line); }
tbody tr:last-child > * { border-block-end: 0; } tr > :first-child { padding-inline-start: 0; } tr > :last-child { padding-inline-end: 0; }
td { font-variant-numeric: tabular-nums; } .narrow td { overflow-wrap: anywhere; } thead th { color: var(--ink-2); white-space: nowrap;
  border-block-end-color: var(--edge); }
.narrow th { font-weight: 400; color: var(--ink-2); inline-size: 9rem; }
.cards td:first-child { white-space: nowrap; }
.cards td:nth-child(4), .cards td:last-child { min-inline-size: 12rem; overflow-wrap: anywhere; }
.cards td:first-child a { display: inline-block; padding-block: .75rem; margin-block: -.75rem; }
@media (min-width: 60rem) { header { padding-inline: 2rem; } main { padding-inline: 2rem; } form, .scroll, .narrow { padding: 1.5rem; } }
@media (max-width: 52rem) {
  .cards thead { position: absolute; clip-path: inset(50%); }
  .cards tr { display: block; border-block-end: 1px solid var(--line); padding-block: .75rem; }
  .cards tbody tr:last-child { border-block-end: 0; }
  .cards td, .cards td:first-child { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: .5rem; border: 0;
    padding: .125rem 0; min-inline-size: 0; overflow-wrap: anywhere; white-space: normal; }
  .cards td::before { content: attr(data-label); color: var(--ink-2); }
}
`;
