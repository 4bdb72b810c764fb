/** @jsxImportSource preact */
/** A QR code as a drawing. */

/** Light squares around it, which a camera needs. */
const QUIET = 4;

/** @param rows of squares, `true` is dark */
export function QrCode({ rows, label }: { rows: readonly (readonly boolean[])[]; label: string }) {
	const size = rows.length + 2 * QUIET;
	return (
		<svg
			class="qr"
			viewBox={`0 0 ${size} ${size}`}
			role="img"
			aria-label={label}
			shape-rendering="crispEdges"
		>
			<rect class="qr-ground" width={size} height={size} />
			<path class="qr-dark" d={rows.map((row, y) => rowPath(row, y + QUIET)).join("")} />
		</svg>
	);
}

/** Each run of dark squares as one rectangle. */
function rowPath(row: readonly boolean[], y: number): string {
	let path = "";
	for (let x = 0; x < row.length; x++) {
		if (!row[x]) continue;
		const from = x;
		while (row[x + 1]) x++;
		const run = x - from + 1;
		path += `M${from + QUIET} ${y}h${run}v1h-${run}z`;
	}
	return path;
}
