/** How a registration without an owner comes to one. */
import { and, desc, eq, inArray, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import { registrations } from "../schema.ts";
import { formDeviceKey } from "./device-key.ts";

/** Who registers over XMPP what may have been imported, or registered over HTTP, before. */
export interface Claim {
	/** A bare JID. */
	owner: string;
	app: string;
	/** The device id as it was sent, which is what the owner's registration is known by. */
	device: string;
	/** As its push service's `parseDevice` returned it. */
	token: string;
	/** The owner's, in place of the network's that it was registered from. */
	party: string;
}

export interface Claiming {
	/** Gives an owner the registration of a device that has none yet. @returns as {@link claimRegistration} */
	claim(claim: Claim): Promise<boolean>;
}

export const createClaiming = (primary: LibSQLDatabase): Claiming => ({
	claim: (claim) => claimRegistration(primary, claim),
});

/**
 * Gives the owner the registration of the same device id and the same token that has none: whoever knows both could
 * have its secret over HTTP too. Registering then renews it, so that the device keeps its node.
 * @returns false: there is none, or the owner has one for the device
 */
async function claimRegistration(
	primary: LibSQLDatabase,
	{ owner, app, device, token, party }: Claim,
): Promise<boolean> {
	const [key, trusted] = await Promise.all([formDeviceKey(device, token), formDeviceKey(device, undefined)]);
	const { node } = registrations;
	// Two only where TRUST_DEVICE_ID was changed between them: an owner has one of a device.
	const unowned = primary
		.select({ node })
		.from(registrations)
		.where(
			and(
				eq(registrations.owner, ""),
				eq(registrations.app, app),
				inArray(registrations.device, [key, trusted]),
				eq(registrations.token, token),
				sql`not exists (select 1 from ${registrations} as "others" where "others"."owner" = ${owner}
					and "others"."app" = ${app} and "others"."device" = ${device})`,
			),
		)
		.orderBy(desc(eq(registrations.device, key)))
		.limit(1);
	const claimed = await primary
		.update(registrations)
		.set({ owner, device, party })
		.where(inArray(node, unowned))
		.returning({ node });
	return claimed.length > 0;
}
