/**
 * The table of bounds: whatever others send, this is the most that it costs. The code compares with the numbers of
 * its rows, and `docs/bounds.md` is made from it (build/bounds-page.ts).
 */
import { answerBounds } from "./answers.ts";
import type { Bounds } from "./bound.ts";
import { consoleBounds } from "./console.ts";
import { consoleHttpBounds } from "./console-http.ts";
import { consolePageBounds } from "./console-page.ts";
import { deliveryBounds } from "./delivery.ts";
import { enablingBounds } from "./enabling.ts";
import { httpBounds } from "./http.ts";
import { loginBounds } from "./login.ts";
import { publishBounds } from "./publishes.ts";
import { push2Bounds } from "./push2.ts";
import { registrationBounds } from "./registrations.ts";
import { stanzaBounds } from "./stanzas.ts";
import { unifiedPushBounds } from "./unified-push.ts";
import { webKitBounds } from "./web-kit.ts";
import { webWorkerBounds } from "./web-worker.ts";

/** By the title of their section, in the order of the page. */
export const BOUNDS: Readonly<Record<string, Bounds>> = {
	"XMPP stanzas": stanzaBounds,
	"Logging in to an XMPP server": loginBounds,
	Publishes: publishBounds,
	"Push 2.0": push2Bounds,
	Registrations: registrationBounds,
	"Enabling for one's own users": enablingBounds,
	"HTTP requests": httpBounds,
	"The console over HTTP": consoleHttpBounds,
	"Delivery and the outbox": deliveryBounds,
	UnifiedPush: unifiedPushBounds,
	"Answers of others": answerBounds,
	"The console": consoleBounds,
	"The web app in the browser": webKitBounds,
	"The web app's notifications": webWorkerBounds,
	"The console in the browser": consolePageBounds,
};
