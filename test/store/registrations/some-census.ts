/** Counts of registrations, for tests of those who ask. */
import type { Census, Counts } from "../../../src/store/registrations/census.ts";

/** The database is away. */
export const noCensus: Census = {
	latest: async () => undefined,
	whole: () => Promise.reject(new Error("away")),
};

/** @param apps how many registrations each has */
export function censusOf(apps: Record<string, number>, keys: Counts["keys"] = []): Census {
	const counts: Counts = { apps: new Map(Object.entries(apps)), keys, unserved: { count: 0, addresses: [] } };
	return { latest: async () => counts, whole: async () => counts };
}
