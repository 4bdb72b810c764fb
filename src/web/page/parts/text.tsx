/** @jsxImportSource preact */
/** Strangers' texts among ours: an address, a name, and sentences with a place for one. */
import { type ComponentChildren, Fragment } from "preact";

/** A JID, which wraps at its @ and keeps its own direction. */
export function Jid({ jid }: { jid: string }) {
	const at = jid.indexOf("@") + 1;
	return (
		<bdi class="jid">
			{jid.slice(0, at)}
			{at > 0 && <wbr />}
			{jid.slice(at)}
		</bdi>
	);
}

/** A name that somebody gave. */
export const Name = ({ name }: { name: string }) => <bdi class="any">{name}</bdi>;

/** A sentence with its `{places}` filled. */
export function Filled({ text, ...places }: { text: string } & Record<string, ComponentChildren>) {
	return text
		.split(/\{(\w+)\}/)
		.map((part, index) => <Fragment key={part}>{index % 2 ? places[part] : part}</Fragment>);
}

/** A sentence of ours, of which the addresses of pages can be opened beside this one. */
export function Linked({ text }: { text: string }) {
	const parts = text.split(/(https?:\/\/[^\s/]+)/).map((part, index) =>
		index % 2 ? (
			<a key={part} href={part} target="_blank" rel="noopener noreferrer">
				{part}
			</a>
		) : (
			part
		),
	);
	return <span class="any">{parts}</span>;
}
