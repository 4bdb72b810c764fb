/** The apps as clients may see them: nothing of their credentials. Their addresses are there for the choice of an app. */
import type { App } from "../types.ts";
import type { PublicApp } from "./deps.ts";

/** @param vapidPublicKey what browsers subscribe with, base64url; undefined: it is not known here */
export function publicApps(apps: readonly App[], vapidPublicKey: string | undefined): PublicApp[] {
	return apps.map(({ name, service, retired, addresses }) => ({
		name,
		service,
		...(retired && { retired }),
		...(addresses && { addresses }),
		...(service === "webpush" && vapidPublicKey !== undefined && { vapidPublicKey }),
	}));
}
