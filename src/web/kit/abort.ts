/** Rejects with what a signal says when it fires; handled even where nobody waits for it. */
export function abortOf(signal: AbortSignal): Promise<never> {
	const { promise, reject } = Promise.withResolvers<never>();
	promise.catch(() => {});
	if (signal.aborted) reject(signal.reason);
	else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
	return promise;
}
