/**
 * `GET /app/push.js`: push for a site's own pages, by a connection of Strophe.js or xmpp.js that the site has already.
 *
 *     import { enablePush } from "https://push.example.net/app/push.js";
 *     await enablePush({ connection, reveille: "push@example.net/push" });
 */
import { siteKitOf } from "./window-kit.ts";

export type { SiteConnection } from "./connections.ts";
export type { EnableOptions, KeptDevice, PushOptions } from "./enabling.ts";
export { PushError, type PushErrorCode } from "./push-error.ts";

export const { enablePush, disablePush, keptDevice } = siteKitOf(window, import.meta.url);
