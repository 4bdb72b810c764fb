/** The JSON API's bodies and our nouns: a device as a client describes it, a registration as a client is shown it. */
import type { z } from "@hono/zod-openapi";
import { plainReason } from "../../registering/plain-reason.ts";
import { type DeviceInput, InvalidDevice, type PushService, type Registration } from "../../types.ts";
import { deviceProblem } from "../errors.ts";
import { maskedToken } from "../masking.ts";
import { type CheckedDevice, checkDevice } from "../new-registration.ts";
import type { registerSchema, registrationSchema } from "./schemas.ts";

/** @param pushAddress of registrations that are older than the note of their own */
export function view(
	registration: Registration,
	pushAddress: string | undefined,
): z.infer<typeof registrationSchema> {
	const { jid = pushAddress, node, app, deviceName, classes, token, p256dh, lastError } = registration;
	const iso = (at: number) => new Date(at).toISOString();
	const { title, navigate, registeredAt, renewedAt, lastSuccessAt, lastErrorAt } = registration;
	return {
		...(jid !== undefined && { jid }),
		node,
		app,
		...(deviceName !== undefined && { deviceName }),
		...(classes !== undefined && { classes: [...classes] }),
		token: maskedToken(token),
		encrypted: p256dh !== undefined,
		...(title !== undefined && navigate !== undefined && { declarative: { title, navigate } }),
		registeredAt: iso(registeredAt),
		renewedAt: iso(renewedAt),
		...(lastSuccessAt !== undefined && { lastSuccessAt: iso(lastSuccessAt) }),
		...(lastErrorAt !== undefined && { lastErrorAt: iso(lastErrorAt) }),
		...(lastError !== undefined && { lastError: plainReason(lastError) }),
	};
}

type Described = Pick<
	z.infer<typeof registerSchema>,
	"subscription" | "token" | "voipToken" | "applicationId" | "declarative"
>;

function deviceInput({ subscription, declarative, ...others }: Described): DeviceInput {
	const device = { ...others, ...declarative };
	return subscription ? { ...device, token: subscription.endpoint, ...subscription.keys } : device;
}

/** Where `declarative` has the fields of a device. */
const IN_DECLARATIVE: Partial<Record<InvalidDevice["field"], string>> = {
	title: "declarative.title",
	navigate: "declarative.navigate",
};

/** Where a browser's subscription has them. */
const IN_SUBSCRIPTION: Partial<Record<InvalidDevice["field"], string>> = {
	token: "subscription.endpoint",
	p256dh: "subscription.keys.p256dh",
	auth: "subscription.keys.auth",
};

/** @throws {Problem} that names the field of the body which its push service refuses */
export function checkDescribed(service: PushService, described: Described): CheckedDevice {
	try {
		return checkDevice(service, deviceInput(described));
	} catch (error) {
		if (!(error instanceof InvalidDevice)) throw error;
		const { field } = error;
		throw deviceProblem(
			error,
			(described.subscription && IN_SUBSCRIPTION[field]) ?? IN_DECLARATIVE[field] ?? field,
		);
	}
}
