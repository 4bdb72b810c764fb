/** The apps as clients may see them: nothing of their credentials. */
import type { App } from "../types.ts";
import type { PublicApp } from "./deps.ts";

/** @param vapidPublicKey what browsers subscribe with, base64url; undefined: it is not known here */
export function publicApps(apps: readonly App[], vapidPublicKey: string | undefined): PublicApp[] {
	return apps.map(({ name, service, retired }) => ({
		name,
		service,
		...(retired && { retired }),
		...(service === "webpush" && vapidPublicKey !== undefined && { vapidPublicKey }),
	}));
}
