/** Registering at an XMPP user's word: what the commands ask for, done. */
import { registrationBounds } from "../limits/bounds/registrations.ts";
import { bytesOf } from "../limits/text-length.ts";
import type { Keyring } from "../secrets.ts";
import { NoSpace } from "../store/disk-full.ts";
import type { Registrations } from "../store/registrations/registrations.ts";
import { type App, InvalidDevice, type PushService } from "../types.ts";
import { NO_INVITE } from "../xmpp/commands/command.ts";
import type { RegisterRequest, RegisterResult, Registrar } from "../xmpp/commands/registrar.ts";
import { domainOf } from "../xmpp/jid.ts";
import { partyOfOwner } from "../xmpp/party.ts";
import { push2Of } from "../xmpp/push2.ts";
import { createAccess } from "./access.ts";
import { type AppChoice, createAppChoice, ourAddress } from "./app-choice.ts";
import type { InviteDesk } from "./invite-check.ts";
import { knownNode, NoNodeReady } from "./nodes.ts";
import { createOwnRegistrations, type OwnRegistrationsDeps } from "./own-registrations.ts";
import type { OwnUsers } from "./own-users.ts";
import { type RefusedRegistration, refusedRegistration } from "./refused-registration.ts";
import {
	type CheckedDevice,
	checkDevice,
	type Identity,
	quotaReason,
	register,
	registerToEnable,
} from "./register.ts";
import type { RegistrationRate } from "./registration-rate.ts";

export interface RegistrarDeps extends Omit<OwnRegistrationsDeps, "now"> {
	registrations: OwnRegistrationsDeps["registrations"] &
		Pick<Registrations, "claim" | "register" | "registerInBatch" | "findDevice" | "replaceNode">;
	keyring: OwnRegistrationsDeps["keyring"] & Pick<Keyring, "secretOf" | "deviceSecretOf">;
	apps: readonly App[];
	/** By the name of their app. */
	services: ReadonlyMap<string, PushService>;
	/** XMPP_ALLOW. */
	allow: readonly string[];
	/** The JID that commands come to. Others of its domain may, too. */
	address: string;
	rate: RegistrationRate;
	/** Whether the operator serves an owner no more; as in `Bars`. Missing: everybody is served. */
	isBarred?(owner: string): boolean | Promise<boolean>;
	/** Hears of those who may not register. Missing: nobody does. */
	note?(refused: RefusedRegistration): void;
	invites: InviteDesk;
	/** As in `Registrar`. */
	vapidPublicKey?: string | undefined;
	/** Where the URLs of Push 2.0 begin; missing: none are given out. */
	publicUrl?: string | undefined;
	/** Enables push at the servers of one's own users. Missing: XMPP_ENABLE_FOR lists no domain. */
	ownUsers?: Pick<OwnUsers, "enablings" | "enable" | "ended"> | undefined;
	now?: () => number;
	/** A pubsub host that takes the publishes in; missing: they come where the commands come. */
	pubsubHost?: {
		jid: string;
		/** Lets only the owner's server and account publish to a node, and of a room (`muc`) its service and itself. */
		restrict(node: string, owner: string, muc?: string): Promise<void>;
	};
}

export function createRegistrar(deps: RegistrarDeps): Registrar {
	const { keyring, apps, allow, rate, pubsubHost, isBarred = () => false, note = () => {} } = deps;
	const choice = createAppChoice(apps);
	const isAllowed = createAccess(allow);
	const now = deps.now ?? Date.now;

	return {
		apps: choice.served,
		services: choice.services,
		providers: choice.providers,
		vapidPublicKey: deps.vapidPublicKey,
		givesSecrets: pubsubHost === undefined,
		ownUsers: deps.ownUsers,
		mayRegister: async (owner) => isAllowed(owner) && !(await isBarred(owner)),
		async isInvited(owner) {
			const barred = await isBarred(owner);
			const isLetIn =
				!barred &&
				(await deps.invites.wasLetIn(guessersOf(owner), async () =>
					(await deps.registrations.ofOwner(owner)).flatMap(({ invite }) => invite ?? []),
				));
			if (!isLetIn) note(refusedRegistration(owner, NO_INVITE, barred));
			return isLetIn;
		},
		secretOf: (node) => keyring.secretOf(keyring.usable(node)),
		register: refuseBarred(deps, createRegister(deps, choice)),
		// What is renamed is there: it is a renewal.
		...createOwnRegistrations({ ...deps, now }, choice, (owner) =>
			rate.refuses({ owner, party: partyOfOwner(owner) }, async () => true),
		),
	};
}

function createRegister(deps: RegistrarDeps, choice: AppChoice): Registrar["register"] {
	const { registrations, nodes, apps, services, allow, address, rate, invites, pubsubHost } = deps;
	const addresses = [address, ...apps.flatMap(({ addresses: its = [] }) => its)];

	/**
	 * A device that registered before the pubsub host was set up gets a node of the host's, which does not have its old
	 * one. The old node ends only once there is another. The registration itself stays: a new one might find no room.
	 */
	async function leaveFormerNode(owner: string, { name }: App, device: string, jid: string): Promise<void> {
		const former = pubsubHost && (await registrations.findDevice(owner, name, device));
		if (!former || (await nodes.isAt(jid, former.node))) return;
		await registrations.replaceNode(former, await nodes.create(jid));
	}

	const store = storing(deps);

	/** Registers a device with the app that is its. @throws {InvalidDevice} {NoNodeReady} {NoSpace} */
	async function registerWith(
		app: App,
		service: PushService,
		request: RegisterRequest,
		invite: string | undefined,
	): Promise<RegisterResult> {
		const { owner, to, dialect, app: _, device, deviceName, classes, muc, invite: __, ...input } = request;
		const party = partyOfOwner(owner);
		const checked = checkDevice(service, input);
		// What was imported has no owner yet, and keeps its node, which no pubsub host has.
		if (dialect === "push-appserver" && pubsubHost === undefined) {
			await registrations.claim({ owner, party, app: app.name, device, token: checked.device.token });
		}
		const jid = pubsubHost?.jid ?? ourAddress(addresses, to) ?? address;
		await leaveFormerNode(owner, app, device, jid);
		const identity = {
			owner,
			party,
			app: app.name,
			device,
			jid,
			dialect,
			...(invite !== undefined && { invite }),
			...(deviceName !== undefined && { deviceName }),
			...(classes !== undefined && { classes }),
			...(muc !== undefined && { muc }),
		};
		const made = await store(checked, identity);
		if (made.kind === "over-quota") return { kind: "over-quota", reason: quotaReason(made.quota).reason };
		const node = await knownNode(made.registration, deps);
		await pubsubHost?.restrict(node, owner, muc);
		const { secret, deviceSecret } = made;
		if (pubsubHost) return { kind: "registered", jid, node, secret: undefined, deviceSecret };
		return { kind: "registered", jid, node, secret, deviceSecret, ...push2Of(deps.publicUrl, node, secret) };
	}

	const isAllowed = createAccess(allow);
	const isOf =
		(owner: string, device: string) =>
		async ({ name }: App) =>
			(await registrations.findDevice(owner, name, device)) !== undefined;
	const chosenFor = ({ owner, to, app: wish, device }: RegisterRequest) =>
		choice.chooseAgain(wish, to, isOf(owner, device));

	/** @param invite the id of the one that lets its owner in; undefined: it needs none */
	async function registerAllowed(request: RegisterRequest, invite?: string): Promise<RegisterResult> {
		const { owner, device } = request;
		const refusal = await rate.refuses({ owner, party: partyOfOwner(owner) }, async () => {
			const its = await chosenFor(request);
			return its !== undefined && isOf(owner, device)(its);
		});
		if (refusal !== undefined) return { kind: "not-ready", reason: refusal };

		const app = await chosenFor(request);
		const service = app && services.get(app.name);
		if (!app || !service) return { kind: "not-served", reason: notServed(choice.services) };
		return registerWith(app, service, request, invite).catch(refusedFor);
	}

	/** The invite that let in what this renews. */
	async function inviteOf(request: RegisterRequest): Promise<string | undefined> {
		const app = await chosenFor(request);
		return app && (await registrations.findDevice(request.owner, app.name, request.device))?.invite;
	}

	/** A device that an invite let in stays, whatever became of the invite's uses and time. */
	async function renewInvited(request: RegisterRequest): Promise<RegisterResult> {
		const isLetIn = await invites.wasLetIn(guessersOf(request.owner), async () => {
			const invite = await inviteOf(request);
			return invite === undefined ? [] : [invite];
		});
		return isLetIn ? registerAllowed(request) : NO_INVITE;
	}

	/** What did not come to a registration uses up nothing. */
	async function registerByInvite(request: RegisterRequest, invite: string): Promise<RegisterResult> {
		const { owner } = request;
		const known = () => inviteOf(request);
		const admitted = await invites.check(invite, {
			whoever: [owner, domainOf(owner)],
			guessers: guessersOf(owner),
			known,
		});
		if (admitted.kind !== "admitted") return admitted;
		let isRegistered = false;
		try {
			const result = await registerAllowed(request, admitted.id);
			isRegistered = result.kind === "registered";
			return result;
		} finally {
			// A pubsub host may have failed when the registration was there already: that one is renewed next time.
			if (!isRegistered && (await known()) !== admitted.id) await admitted.giveBack();
		}
	}

	return async (request) => {
		const { owner, invite } = request;
		if (isAllowed(owner)) return registerAllowed(request);
		return invite === undefined ? renewInvited(request) : registerByInvite(request, invite);
	};
}

/** Push is enabled at its owner's server for a device of Fluux, which does not do that itself. */
function storing(deps: RegistrarDeps) {
	const enablings = deps.ownUsers?.enablings;
	return (checked: CheckedDevice, identity: Identity & { jid: string }) =>
		enablings && identity.dialect === "fluux"
			? registerToEnable({ ...deps, enablings }, checked, identity)
			: register(deps, checked, identity);
}

/** Whoever is barred is turned away first; the operator is told of all who are. */
function refuseBarred(
	{ invites, isBarred = () => false, note = () => {} }: RegistrarDeps,
	register: Registrar["register"],
): Registrar["register"] {
	/** As one whom XMPP_ALLOW does not let in, and whose invite is none. */
	async function refused({ owner, invite }: RegisterRequest): Promise<RegisterResult> {
		if (invite === undefined) return NO_INVITE;
		const answer = await invites.check("", { whoever: [], guessers: guessersOf(owner) });
		return answer.kind === "admitted" ? NO_INVITE : answer;
	}

	return async (request) => {
		const { owner } = request;
		const tooLong = whatIsTooLong(request);
		if (tooLong !== undefined) return { kind: "too-long", reason: tooLong };
		const barred = await isBarred(owner);
		const result = await (barred ? refused(request) : register(request));
		if (result.kind !== "registered") note(refusedRegistration(owner, result, barred));
		return result;
	};
}

const guessersOf = (owner: string) => ({ one: owner, all: partyOfOwner(owner) });

/** The answer to what is wrong with a device, or is not possible now. @throws any other error */
function refusedFor(error: unknown): RegisterResult {
	if (error instanceof NoNodeReady || error instanceof NoSpace)
		return { kind: "not-ready", reason: error.message };
	if (error instanceof InvalidDevice) return { kind: "bad-device", reason: error.message };
	throw error;
}

/** Why an address cannot be kept: a registration is small, and anybody makes as many addresses as they like. */
function whatIsTooLong({ owner, muc = "" }: { owner: string; muc?: string | undefined }): string | undefined {
	const longest = registrationBounds.jid.is;
	if (bytesOf(owner) > longest)
		return `Your address has more than ${longest} bytes: registrations here are for shorter ones.`;
	if (bytesOf(muc) > longest) return `The room's address has more than ${longest} bytes: it is not kept.`;
	return undefined;
}

function notServed(services: ReadonlySet<string>): string {
	return `This server does not push to such devices. It pushes through: ${[...services].join(", ")}.`;
}
