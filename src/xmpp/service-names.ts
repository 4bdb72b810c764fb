/** What clients call the push services: in mod_push's and p2's commands, and in mod_push_appserver's `type`. */
import { SERVICE_NAMES, SERVICES } from "../services/registry.ts";
import type { ServiceName } from "../types.ts";

/** A service's names stand together, in the order of the alphabet by the first of them. */
export const SERVICE_BY_NAME: ReadonlyMap<string, ServiceName> = new Map(
	SERVICE_NAMES.map((service) =>
		Object.keys(SERVICES[service].calledBy).map((name) => [name, service] as const),
	)
		.sort(([[one] = [""]], [[other] = [""]]) => (one < other ? -1 : 1))
		.flat(),
);
