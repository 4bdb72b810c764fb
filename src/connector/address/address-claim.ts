/**
 * When an account's connection may take its address: not for the first time where a Reveille of another database has
 * it, and not again while another session does.
 */

import type { Logger } from "@logtape/logtape";
import { settingOf, takeAddressOf } from "../../config/connections.ts";
import { about } from "../../messages/about.ts";
import { StreamFailure } from "../stream/stream.ts";
import { type AddressCheckOptions, createAddressCheck } from "./address-check.ts";
import type { SameDatabase } from "./same-database.ts";

export interface AddressClaim {
	/**
	 * Asks who has the address, until it was ours or it is known who has it.
	 * @returns why it is not to be taken now; `address-foreign`: nor later
	 */
	refusal(signal: AbortSignal): Promise<StreamFailure | undefined>;
	/** The address is ours. */
	taken(): void;
	/** Another session took the address: waits until it may be taken back. @returns false: the signal came first */
	takenBack(signal: AbortSignal): Promise<boolean>;
	/** Who is to have the address when we are stopped: the JID of who had it before, and waits for it. */
	successor(): string | undefined;
}

export interface AddressClaimOptions extends Omit<AddressCheckOptions, "value"> {
	same: SameDatabase;
	log: Logger;
}

export function createAddressClaim(options: AddressClaimOptions): AddressClaim {
	const { account, same, log } = options;
	const { address, takeAddress = false } = account;
	const check = createAddressCheck({ ...options, value: same.value });
	const resource = settingOf(account, "resource");
	/** Once the address was ours, the server tells who takes it. */
	let isChecked = takeAddress;

	return {
		async refusal(signal) {
			if (isChecked) return undefined;
			try {
				const holder = await check.ask(signal);
				isChecked = true;
				if (holder.kind !== "reveille" || holder.value === same.value) return undefined;
			} catch (error) {
				return asAsked(error);
			}
			const reason = `${address} is the address of another Reveille, which has another database`;
			log.error(
				"{reason}: the devices that are registered there would be unknown here, and users' servers would drop them. This one does not take the address, and goes on without it. End the other one, or set another {resource} here, and start this one again. To take the address all the same, set {setting}.",
				about("xmpp-address-foreign", { reason, resource, setting: takeAddressOf(account) }),
			);
			return new StreamFailure("address-foreign", reason);
		},

		taken() {
			isChecked = true;
		},

		async takenBack(signal) {
			const isFree = await check.untilFree(signal, {
				onReveille: (value) =>
					log.warn(
						"{address}: a Reveille with {database} has it now. End that one, or this one, or set another {resource} for one of them.",
						about("xmpp-address-at-reveille", {
							address,
							database: value === same.value ? "the same database" : "another database",
							resource,
						}),
					),
				onLimit: (waitMs) =>
					log.warn(
						"{address} is free, but this one has taken it back several times in an hour: another session wants it too. Next try in {minutes} min. End the other session, or set another {resource} here.",
						about("xmpp-address-contested", { address, minutes: Math.ceil(waitMs / 60_000), resource }),
					),
			});
			if (isFree)
				log.info("{address}: no other session has it any more. This one takes it back.", { address });
			return isFree;
		},

		successor: () => (takeAddress ? same.waiting() : undefined),
	};
}

/** What ends the session that asks has not taken the address. */
function asAsked(error: unknown): StreamFailure {
	if (!(error instanceof StreamFailure)) return new StreamFailure("other", String(error));
	if (error.kind !== "address-taken") return error;
	return new StreamFailure("other", `The server ended the session that asks who has it (${error.message}).`);
}
