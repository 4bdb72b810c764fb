/** What the stranger does, one thing after the other. Each once took push from everybody, or somebody's registration. */
import { deedsWithDeadServices } from "./deeds-with-dead-services.ts";
import { deedsWithPushes } from "./deeds-with-pushes.ts";
import { deedsWithRegistrations } from "./deeds-with-registrations.ts";
import { deedsWithStanzas } from "./deeds-with-stanzas.ts";
import type { Deed } from "./means.ts";

export const DEEDS: readonly Deed[] = [
	...deedsWithStanzas,
	...deedsWithPushes,
	...deedsWithDeadServices,
	...deedsWithRegistrations,
];
