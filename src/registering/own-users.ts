/**
 * One's own users (XMPP_ENABLE_FOR): who is one, and what became of enabling push at their servers. A connector with the
 * permission does it (connector/enabling); every process writes down what is to be done.
 */
import type { Logger } from "@logtape/logtape";
import { registrationBounds } from "../limits/bounds/registrations.ts";
import { bytesOf } from "../limits/text-length.ts";
import type { Keyring } from "../secrets.ts";
import { faultOf } from "../store/database-fault.ts";
import type { Enablings } from "../store/enablings.ts";
import { OWN_DEVICE } from "../store/registrations/device-key.ts";
import { deviceHash } from "../syntax/device-hash.ts";
import { preparedBareJid } from "../syntax/prepared-jid.ts";
import type { Enabling, Registration } from "../types.ts";
import { domainOf } from "../xmpp/jid.ts";

/** Whom a backend speaks for. `reason`: a sentence for whoever asked it to. */
export type Account = { kind: "own"; owner: string } | { kind: "refused"; reason: string };

export interface OwnUsers {
	/** Our address that is enabled at their servers. */
	readonly address: string;
	readonly enablings: Pick<Enablings, "want" | "drop" | "end">;
	/** Who counts as one behind an owner (`Registration.party`); missing: whoever delivers finds it out. */
	readonly partyOf?: ((owner: string) => string) | undefined;
	/** @param claim what a JWT has as its claim `jid`, unchecked */
	accountOf(claim: unknown): Promise<Account>;
	/** How it is for a registration; undefined: it was never to be enabled. */
	of(registration: Pick<Registration, "node" | "owner">): Promise<Enabling | undefined>;
	/** Has it enabled. @returns how far that came within some seconds */
	enable(node: string): Promise<Enabling | undefined>;
	/** Has it disabled for a registration that ended. @returns likewise; undefined: there is nothing left to do */
	ended(registration: Pick<Registration, "node" | "owner">): Promise<Enabling | undefined>;
	/** Writes down that a registration ended. */
	noteEnd(registration: Pick<Registration, "node" | "owner">): Promise<void>;
}

export interface OwnUsersDeps {
	/** XMPP_ENABLE_FOR. */
	domains: readonly string[];
	address: string;
	enablings: Enablings;
	keyring: Pick<Keyring, "underCurrentKey">;
	isBarred(owner: string): boolean | Promise<boolean>;
	/** Missing at the edge, where the list of public suffixes would be a tenth of all that is loaded. */
	partyOf?: (owner: string) => string;
	/** Tries now, where this process has the connection; missing: another one does it soon. */
	attempt?: (node: string) => Promise<Enabling | undefined>;
	/** Called when an end was written down. Missing: a process with the connection looks every few seconds. */
	onEnd?: () => void;
}

export function createOwnUsers(deps: OwnUsersDeps): OwnUsers {
	const { domains, address, enablings, keyring, isBarred, attempt = leave, onEnd } = deps;

	/** A process with the connection finds it at its next look. */
	async function leave(node: string): Promise<Enabling | undefined> {
		await enablings.ready(node);
		return enablings.find(node);
	}

	/** Under any key: a server may have the node of an older one. The latest comes last. */
	async function allOf({ node, owner }: Pick<Registration, "node" | "owner">) {
		if (owner === "") return [];
		const current = keyring.underCurrentKey(node);
		const all = await enablings.ofOwner(owner);
		return all.filter((one) => keyring.underCurrentKey(one.node) === current);
	}

	async function noteEnd(registration: Pick<Registration, "node" | "owner">): Promise<string[]> {
		const nodes = (await allOf(registration)).map(({ node }) => node);
		if (nodes.length > 0) await enablings.end(nodes);
		return nodes;
	}

	return {
		address,
		enablings,
		partyOf: deps.partyOf,

		async accountOf(claim) {
			const owner = typeof claim === "string" ? preparedBareJid(claim) : undefined;
			if (owner === undefined || bytesOf(owner) > registrationBounds.jid.is)
				return { kind: "refused", reason: NO_ACCOUNT };
			const isOwn = domains.includes(domainOf(owner)) && !(await isBarred(owner));
			return isOwn ? { kind: "own", owner } : { kind: "refused", reason: NOT_OWN };
		},

		of: async (registration) => (await allOf(registration)).at(-1),
		enable: attempt,

		async ended(registration) {
			let last: Enabling | undefined;
			for (const node of await noteEnd(registration)) last = (await attempt(node)) ?? last;
			return last;
		},

		async noteEnd(registration) {
			const nodes = await noteEnd(registration);
			if (nodes.length > 0) onEnd?.();
		},
	};
}

/** What makes an own user's registration over HTTP unique beside owner and app: hashed, so that its length is bounded. */
export const keyOfToken = async (token: string): Promise<string> => `${OWN_DEVICE}${await deviceHash(token)}`;

/** Whether push was enabled for a registration in its owner's name: so it is disabled when it ends. */
export const isEnabledByUs = ({ device, dialect }: Pick<Registration, "device" | "dialect">): boolean =>
	dialect === "fluux" || device.startsWith(OWN_DEVICE);

/** Hears of registrations that end, whatever ended them. What is not written down now is found later (enabler.ts). */
export const notingEnds =
	(ownUsers: Pick<OwnUsers, "noteEnd">, log: Pick<Logger, "info">) =>
	(registration: Pick<Registration, "node" | "owner" | "device" | "dialect">): void => {
		// Most are none: nothing is looked up for them.
		if (!isEnabledByUs(registration)) return;
		ownUsers.noteEnd(registration).catch((error: unknown) =>
			log.info(
				"That a registration ended could not be written down for its server, and is found later: {error}",
				{
					error: faultOf(error),
				},
			),
		);
	};

const NO_ACCOUNT =
	"Its claim jid must be the bare JID of an account, name@domain, that is written alike everywhere (RFC 7622).";
const NOT_OWN =
	"Push is not enabled here for the account of its claim jid: XMPP_ENABLE_FOR lists the domains. Leave the claim out, and let the app enable push itself.";
