/** What an app's policy makes of a notification, before any service sees it. */
import type { App, Notification, Registration, ServiceName } from "../types.ts";

/** Where only the device can read a push: everything may leave. */
const SEALED: ReadonlySet<ServiceName> = new Set(["webpush"]);

/** The notification as it may leave, in the class the app wants. Calls and events are what they are. */
export function applyPolicy(app: App, notification: Notification): Notification {
	const { service, priority = "auto", include = includeByDefault(service) } = app;
	const { sender, nickname, body, ...rest } = notification;
	return {
		...rest,
		class: classFor(priority, notification),
		...(include.sender && sender !== undefined && { sender }),
		...(include.sender && nickname !== undefined && { nickname }),
		...(include.body && body !== undefined && { body }),
	};
}

export const includeByDefault = (service: ServiceName) => ({
	sender: SEALED.has(service),
	body: SEALED.has(service),
});

/** Whether the text of a message leaves for a device. */
export function letsTextLeave(app: App, { p256dh, auth }: Registration): boolean {
	const { service, include = includeByDefault(service) } = app;
	// Without its keys a device that alone could read it is only woken.
	return include.body && (!SEALED.has(service) || (p256dh !== undefined && auth !== undefined));
}

function classFor(priority: NonNullable<App["priority"]>, notification: Notification): Notification["class"] {
	const isMessage = notification.class === "high" || notification.class === "low";
	if (!isMessage || priority === "auto") return notification.class;
	return priority === "high" ? "high" : "low";
}
