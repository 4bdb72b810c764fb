/**
 * How long a test waits for what should come within a moment, ms. Only a failure takes that long: a busy machine, on
 * which files run side by side, must not be taken for one. Less than what a test may take, so that it is said what
 * did not come.
 */
export const PATIENCE_MS = 25_000;
