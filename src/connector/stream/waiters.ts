/** Those who wait for one event, however many they are: all of them go on when it comes. */
export interface Waiters {
	/** Resolves when the event comes next. */
	wait(): Promise<void>;
	/** The event is here. */
	wake(): void;
}

export function createWaiters(): Waiters {
	let next: PromiseWithResolvers<void> | undefined;
	return {
		wait() {
			next ??= Promise.withResolvers();
			return next.promise;
		},
		wake() {
			next?.resolve();
			next = undefined;
		},
	};
}
