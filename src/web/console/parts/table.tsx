/** @jsxImportSource preact */
/** Things to compare: a table, whose rows become cards on a phone. The roles stay where CSS takes them away. */
import type { ComponentChildren } from "preact";

export interface Column {
	name: string;
	/** `end`: numbers. `mark`: a state. `tile`: small enough to stand beside another on a phone. `bare`: buttons. */
	class?: string;
}

export interface Row {
	key: string;
	/** The first is the row's name. An empty one is left out of a card. */
	cells: readonly ComponentChildren[];
}

/** @param caption for who does not see what is above it */
export function Table({
	caption,
	columns,
	rows,
	cards = true,
}: {
	caption: string;
	columns: readonly Column[];
	rows: readonly Row[];
	cards?: boolean;
}) {
	return (
		// biome-ignore lint/a11y/noRedundantRoles: as cards it would be none.
		<table class={cards ? "table cards" : "table"} role="table">
			<caption class="hush">{caption}</caption>
			{/* biome-ignore lint/a11y/noRedundantRoles: as cards it would be none. */}
			<thead role="rowgroup">
				{/* biome-ignore lint/a11y/noRedundantRoles: as cards it would be none. */}
				<tr role="row">
					{columns.map(({ name, class: look }) => (
						// biome-ignore lint/a11y/noRedundantRoles: as cards it would be none.
						<th key={name} role="columnheader" scope="col" class={look}>
							{look === "bare" ? <span class="hush">{name}</span> : name}
						</th>
					))}
				</tr>
			</thead>
			{/* biome-ignore lint/a11y/noRedundantRoles: as cards it would be none. */}
			<tbody role="rowgroup">
				{rows.map(({ key, cells: [first, ...others] }) => (
					// biome-ignore lint/a11y/noRedundantRoles: as cards it would be none.
					<tr key={key} role="row">
						{/* biome-ignore lint/a11y/noRedundantRoles: as cards it would be none. */}
						<th role="rowheader" scope="row">
							{first}
						</th>
						{others.map((cell, index) => {
							const column = columns[index + 1];
							return (
								// biome-ignore lint/a11y/noRedundantRoles: as cards it would be none.
								<td key={column?.name} role="cell" data-label={column?.name} class={column?.class}>
									{isEmpty(cell) ? null : column?.class === "mark" || column?.class === "bare" ? (
										cell
									) : (
										<span class="v">{cell}</span>
									)}
								</td>
							);
						})}
					</tr>
				))}
			</tbody>
		</table>
	);
}

const isEmpty = (cell: ComponentChildren) =>
	cell === undefined || cell === null || cell === false || cell === "";
