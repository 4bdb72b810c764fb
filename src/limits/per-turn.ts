/** So much in one turn of the event loop and no more: what comes in masses leaves others their turns. */

/**
 * @param most how many may begin in one turn
 * @param turn resolves in the next turn
 * @returns called by each before it begins: undefined, it may; otherwise resolves when it may, in the order of calls
 */
export function createPerTurn(most: number, turn: () => Promise<void>): () => Promise<void> | undefined {
	const waiting: (() => void)[] = [];
	let begun = 0;

	async function nextTurns() {
		do {
			await turn();
			begun = Math.min(most, waiting.length);
			for (const begin of waiting.splice(0, begun)) begin();
		} while (begun > 0);
	}

	return () => {
		if (begun === most) return new Promise((resolve) => waiting.push(resolve));
		if (begun++ === 0) void nextTurns();
		return undefined;
	};
}
