/** @jsxImportSource preact */
/** Names from elsewhere, which may be long, or written from right to left. */

/** Longer than any word that people write: only such a one is broken where it does not fit. */
const LONG_WORD = 24;

/** A name from elsewhere, which is broken within a word only where that is a very long one. */
export const Name = ({ name }: { name: string }) => (
	<bdi class={name.split(/\s/).some((word) => word.length > LONG_WORD) ? "any" : undefined}>{name}</bdi>
);

/** A host, which wraps at its dots. */
export const Host = ({ host }: { host: string }) => (
	<bdi class="any">
		{host.split(/(?=\.)/).map((part, index) => (
			<span key={index}>
				{index > 0 && <wbr />}
				{part}
			</span>
		))}
	</bdi>
);
