/** What an app's policy makes of a notification, before any service sees it. */
import { SERVICES } from "../services/registry.ts";
import type { App, Notification, PushClass, PushService, Registration, ServiceName } from "../types.ts";

/** Where only the device can read a push: everything may leave. */
const isSealed = (service: ServiceName) => SERVICES[service].isSealed === true;

/**
 * The notification as it may leave, in the class the app wants. Calls and events are what they are.
 * @param to how the device registered
 */
export function applyPolicy(
	app: App,
	notification: Notification,
	to: Pick<Registration, "dialect">,
): Notification {
	const { service, include = includeByDefault(service) } = app;
	const { sender, nickname, body, ...rest } = notification;
	const leaves: Notification = rest;
	leaves.class = classFor(app, notification, to);
	if (include.sender && sender !== undefined) leaves.sender = sender;
	if (include.sender && nickname !== undefined) leaves.nickname = nickname;
	if (include.body && body !== undefined) leaves.body = body;
	return leaves;
}

const EVERYTHING = { sender: true, body: true };
const NOTHING = { sender: false, body: false };
const includeByDefault = (service: ServiceName) => (isSealed(service) ? EVERYTHING : NOTHING);

/**
 * Whether a device gets pushes of a class: of those that its app asked for, or else of all that do it no harm. An event
 * says that the account was removed, and nothing else tells the app that: it gets those whatever it asked for.
 */
export function isFor(
	device: Registration,
	pushClass: PushClass,
	service: Pick<PushService, "skips">,
): boolean {
	if (pushClass === "event") return true;
	return device.classes?.includes(pushClass) ?? !service.skips?.(device, pushClass);
}

/** Whether the text of a message leaves for a device. */
export function letsTextLeave(app: App, { p256dh, auth }: Registration): boolean {
	const { service, include = includeByDefault(service) } = app;
	// Without its keys a device that alone could read it is only woken.
	return include.body && (!isSealed(service) || (p256dh !== undefined && auth !== undefined));
}

/**
 * ejabberd publishes a call that waits to be answered exactly as it does a receipt: with nothing in it. The apps that
 * were served by p2 and fpush are used to being woken by all of it, and find out by themselves what it was.
 */
function classFor(
	{ priority = "auto", pushModules = [] }: App,
	{ class: said }: Notification,
	{ dialect }: Pick<Registration, "dialect">,
): Notification["class"] {
	const isMessage = said === "high" || said === "low";
	if (!isMessage) return said;
	if (priority !== "auto") return priority === "high" ? "high" : "low";
	return dialect === "p2" || pushModules.length > 0 ? "high" : said;
}
