/** One registration as the page shows it, and rows of many. Secrets and tokens are shortened. */
import { plainReason } from "../../../registering/plain-reason.ts";
import { isMadeDevice } from "../../../store/registrations/device-key.ts";
import { present } from "../../../syntax/present-fields.ts";
import type { Answer, Enabling, Registration } from "../../../types.ts";
import type { DeviceState, RegistrationRow, RegistrationView } from "../../../web/console/wire.ts";
import { maskedToken } from "../../masking.ts";
import { serviceName } from "./push-services.ts";
import type { ConsoleApp, ConsoleJournal } from "./sources.ts";

/** What people call it: its name, or the id that it gave itself. */
export function deviceOf({ deviceName, device, applicationId }: Registration): string {
	// Ids of ours, and of mod_push_appserver's forms, say nothing.
	const isReadable = !isMadeDevice(device) && !/^[\w+/=-]{24,}$/.test(device);
	return deviceName ?? applicationId ?? (isReadable ? device : "A device without a name");
}

export const hostOf = ({ token }: Pick<Registration, "token">): string | undefined =>
	URL.canParse(token) ? new URL(token).host || undefined : undefined;

const last = ({ lastSuccessAt, lastErrorAt }: Registration): number | undefined =>
	lastSuccessAt === undefined && lastErrorAt === undefined
		? undefined
		: Math.max(lastSuccessAt ?? 0, lastErrorAt ?? 0);

/** The row with what was answered since: its times are written down in batches. */
export function withLastSend(registration: Registration, journal: ConsoleJournal | undefined): Registration {
	const send = journal?.lastSend(registration.node);
	if (!send) return registration;
	const at = send.at + send.ms;
	const { lastSuccessAt = 0, lastErrorAt = 0 } = registration;
	const { outcome } = send;
	if (outcome.kind === "delivered")
		return at > lastSuccessAt ? { ...registration, lastSuccessAt: at } : registration;
	if (at <= lastErrorAt) return registration;
	return { ...registration, lastErrorAt: at, lastError: outcome.reason };
}

export const isQueued = (answer: Answer | undefined): boolean =>
	answer?.kind === "done" && answer.how === "queued";

function stateOf(registration: Registration, journal: ConsoleJournal | undefined): DeviceState {
	const { node, lastSuccessAt = 0, lastErrorAt = 0 } = registration;
	const publish = journal?.lastPublish(node);
	if (publish && publish.at > lastSuccessAt && isQueued(publish.answer)) return "waits";
	if (lastErrorAt > lastSuccessAt) return "fails";
	return lastSuccessAt > 0 ? "works" : "new";
}

export function rowOf(
	row: Registration,
	apps: readonly ConsoleApp[],
	journal: ConsoleJournal | undefined,
): RegistrationRow {
	const registration = withLastSend(row, journal);
	const { node, owner, app } = registration;
	return {
		node,
		owner,
		device: deviceOf(registration),
		app,
		service: serviceName(apps.find(({ name }) => name === app)?.service ?? app),
		state: stateOf(registration, journal),
		...present({ host: hostOf(registration), lastPushAt: last(registration) }),
	};
}

/** `2026-11-26 18:04 UTC`. */
const time = (at: number | undefined) =>
	at === undefined ? undefined : `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;

const ENABLING: Readonly<Record<Enabling["state"], string>> = {
	enabled: "Enabled in its owner's name",
	waiting: "Not enabled yet",
	refused: "Refused",
	ending: "Not disabled yet",
};

const enablingText = ({ state, since, reason }: Enabling): string =>
	`${ENABLING[state]}, since ${time(since)}${reason === undefined ? "" : `: ${reason}`}`;

/** All that is known of it. */
export function knownOf(
	registration: Registration,
	apps: readonly ConsoleApp[],
	enabling?: Enabling,
): RegistrationView["known"] {
	const { node, owner, app, device, deviceName, jid, dialect, muc, classes, token, voipToken } = registration;
	const { applicationId, p256dh, title, navigate, party, invite } = registration;
	const service = apps.find(({ name }) => name === app)?.service;
	const addresses = new Set(["Owner", "Publishes go to", "Room"]);
	const all = Object.entries({
		App: app,
		"Push service": service && serviceName(service),
		Owner: owner || undefined,
		Device: device,
		"Its name": deviceName,
		Node: node,
		"Publishes go to": jid,
		"Registered by": dialect ?? "HTTP",
		"Push at its server": enabling && enablingText(enabling),
		Room: muc,
		"Classes of pushes": classes?.join(", "),
		Token: maskedToken(token),
		Endpoint: hostOf(registration),
		"Token for calls": voipToken && maskedToken(voipToken),
		Application: applicationId,
		Encrypted: p256dh === undefined ? "No" : "Yes",
		"Title of its notifications": title,
		"A tap opens": navigate,
		"Counts as one of": owner === "" ? undefined : party,
		"Let in by the invite": invite,
		Registered: time(registration.registeredAt),
		Renewed: time(registration.renewedAt),
		"Last success": time(registration.lastSuccessAt) ?? "Never",
		"Last error":
			registration.lastErrorAt === undefined
				? "Never"
				: `${time(registration.lastErrorAt)}: ${plainReason(registration.lastError ?? "")}`,
	});
	return all.flatMap(([name, value]) =>
		value === undefined ? [] : [{ name, value, ...(addresses.has(name) && { isAddress: true as const }) }],
	);
}
