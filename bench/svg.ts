/** What the plots are made of: SVGs that are read on white and on black. */

export const WIDTH = 920;

const STYLE = `text { font: 12px system-ui, sans-serif; fill: #24292f }
.section { font-weight: 600; font-size: 14px }
.small { fill: #57606a; font-size: 11px }
.ours { fill: #0969da } .missed { fill: #bc4c00 } .floor { fill: #afb8c1 }
.target { stroke: #24292f; stroke-width: 2 }
.line { fill: none; stroke: #0969da; stroke-width: 1.5 } .line.floor { stroke: #afb8c1 }
.grid { fill: none; stroke: #afb8c1; stroke-opacity: 0.5 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .small { fill: #9198a1 }
.ours { fill: #4493f8 } .missed { fill: #f0883e } .floor { fill: #59636e } .target { stroke: #e6edf3 }
.line { stroke: #4493f8 } .line.floor { stroke: #59636e } .grid { stroke: #59636e }
}`;

const escaped = (text: string) =>
	text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export const text = (x: number, y: number, content: string, attributes = "") =>
	`<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`;

/** @param label what it shows, for who cannot see it; without markup */
export function svg(height: number, label: string, parts: readonly string[]): string {
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${label}">`,
		`<style>${STYLE}</style>`,
		...parts,
		"</svg>\n",
	].join("\n");
}
