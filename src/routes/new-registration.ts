/** Registering over HTTP: what src/registering does, with problems for what is in the way. */
import type { AppChoice } from "../registering/app-choice.ts";
import type { OwnUsers } from "../registering/own-users.ts";
import {
	type checkDevice,
	quotaReason,
	registerToEnable,
	register as store,
} from "../registering/register.ts";
import type { QuotaName } from "../store/registrations/quotas.ts";
import type { Choices } from "../store/registrations/registrations.ts";
import type { App, AskedClass, PushService, Registration } from "../types.ts";
import type { AppDeps } from "./deps.ts";
import { partyOfNetwork } from "./guards/client-address.ts";
import { Problem } from "./problem.ts";

export { type CheckedDevice, checkDevice } from "../registering/register.ts";

/** What to set, for whoever runs a server that cannot say where to publish. */
const ADDRESS_SETTINGS = ["XMPP_SERVICE", "XMPP_USERNAME", "XMPP_PASSWORD", "XMPP_ADDRESS"];

/** The JID that users' servers publish to. */
export function requirePushAddress(deps: AppDeps): string {
	if (deps.pushAddress !== undefined) return deps.pushAddress;
	throw new Problem(
		"not-configured",
		"This server has no XMPP address yet, so nobody could publish to a registration. Its operator sets " +
			"XMPP_SERVICE, XMPP_USERNAME and XMPP_PASSWORD, or XMPP_ADDRESS where another process speaks XMPP.",
		{ settings: ADDRESS_SETTINGS },
	);
}

/** The app that a JSON client named, or the only one that fits. @param to the push address */
export function chooseApp(
	choice: AppChoice,
	name: string | undefined,
	device: "subscription" | "token",
	to: string,
): App {
	const chosen = choice.chooseNamed(name, device, to);
	switch (chosen.kind) {
		case "chosen":
			return chosen.app;
		case "none":
			throw new Problem("not-configured", "This server serves no app for such a device.");
		case "several": {
			const apps = [...chosen.names];
			const detail = `This server serves several apps, choose one: ${apps.join(", ")}.`;
			throw new Problem("choose-app", detail, { apps });
		}
		case "unknown": {
			const apps = [...chosen.names];
			throw new Problem("unknown-app", `There is no such app here. There is: ${apps.join(", ")}.`, { apps });
		}
	}
}

/** The push service of an app. */
export function serviceOf(deps: AppDeps, app: App): PushService {
	const service = deps.services.get(app.name);
	if (!service) throw new Problem("not-configured", `The app ${app.name} is not set up here.`);
	return service;
}

/** The registration of a node, as far as it is known nearby: a replica may lack a row that was just made. */
export async function lookUp(
	{ registrations }: Pick<AppDeps, "registrations">,
	node: string,
): Promise<Registration | undefined> {
	return (await registrations.find(node)) ?? (await registrations.findAtPrimary(node));
}

/** The problem of a full quota, naming it and the setting that raises it. */
export function overQuota(quota: QuotaName): Problem {
	const { reason, setting } = quotaReason(quota);
	return new Problem("over-quota", reason, { quota, settings: setting === undefined ? [] : [setting] });
}

/** An own user, as its registration has it. */
function ownerOf({ owner, ownUsers }: { ownUsers: OwnUsers; owner: string }) {
	const party = ownUsers.partyOf?.(owner);
	return { owner, ...(party !== undefined && { party }) };
}

/**
 * Creates or renews a registration. It is nobody's, since over HTTP no one vouches for a JID, unless the operator's own
 * backend did.
 * @param key what makes it unique beside the app
 * @returns its row's node, with its secrets
 */
export async function register(
	deps: AppDeps,
	wanted: {
		app: App;
		key: string;
		choices?: Choices;
		clientNetwork: string | undefined;
		/** The id of the one that lets it in. */
		invite?: string | undefined;
		/** At whose server push is to be enabled. */
		own?: { ownUsers: OwnUsers; owner: string } | undefined;
	} & ReturnType<typeof checkDevice>,
): Promise<{
	node: string;
	secret: string;
	deviceSecret: string;
	deviceName?: string;
	classes?: AskedClass[];
}> {
	const { app, key, device, host, choices, clientNetwork, invite, own } = wanted;
	const hidden = (network: string | undefined) => network && deps.keyring.conceal(network);
	const [address, party] = await Promise.all([
		hidden(clientNetwork),
		hidden(clientNetwork && partyOfNetwork(clientNetwork)),
	]);
	const its = { app: app.name, device: key, ...choices };
	const result = await (own
		? registerToEnable(
				{ ...deps, enablings: own.ownUsers.enablings },
				{ device, host },
				// Quotas count by its owner.
				{ ...its, ...ownerOf(own), jid: own.ownUsers.address },
			)
		: store(
				deps,
				{ device, host },
				{
					...its,
					owner: "",
					...(deps.pushAddress !== undefined && { jid: deps.pushAddress }),
					...(invite !== undefined && { invite }),
					...(address !== undefined && { address }),
					...(party !== undefined && { party }),
				},
			));
	if (result.kind === "over-quota") throw overQuota(result.quota);
	const { secret, deviceSecret, registration } = result;
	const { node, deviceName, classes } = registration;
	return {
		node,
		secret,
		deviceSecret,
		...(deviceName !== undefined && { deviceName }),
		...(classes !== undefined && { classes: [...classes] }),
	};
}
