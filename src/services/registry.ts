/** The push services that there are: adding one is a folder beside this file, and its line here. */
import type { ServiceName } from "../types.ts";
import { apns } from "./apns/definition.ts";
import type { ServiceDefinition } from "./definition.ts";
import { fcm } from "./fcm/definition.ts";
import { ntfy } from "./ntfy/definition.ts";
import { ubuntu } from "./ubuntu/definition.ts";
import { webpush } from "./webpush/definition.ts";
import { wns } from "./wns/definition.ts";

export const SERVICES: { readonly [Name in ServiceName]: ServiceDefinition<Name> } = {
	webpush,
	apns,
	fcm,
	ubuntu,
	wns,
	ntfy,
};

export const SERVICE_NAMES = Object.keys(SERVICES) as ServiceName[];
