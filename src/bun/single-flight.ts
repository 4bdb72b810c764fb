/** For what anybody may ask as often as they like, and what costs somebody else something to answer. */

/** @returns asks; whoever asks while an answer is on its way gets the same one */
export function oneAnswer<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
	let asked: Promise<Answer> | undefined;
	return () => {
		asked ??= ask().finally(() => {
			asked = undefined;
		});
		return asked;
	};
}
