/**
 * mod_push's dialect, and that of its app server oshiya: `register-push-X`, `unregister-push`,
 * `list-push-registrations`. Its answers are forms of type `result`; ours say also what people see beside the values.
 */
import { SERVICES } from "../../services/registry.ts";
import {
	type AskedClass,
	type DeviceInput,
	InvalidDevice,
	type Registration,
	type ServiceName,
} from "../../types.ts";
import { type AnswerField, answerForm, type Field, itemOf, itemsForm } from "../forms.ts";
import { ASKED_CLASSES, isAskedClass } from "../push-classes.ts";
import {
	addressFields,
	badField,
	type Call,
	type Command,
	type Done,
	deviceId,
	endedNote,
	latestThatFit,
	leftOut,
	nameCutFor,
	nameIn,
	nothingFound,
	optional,
	push2Fields,
	register,
	required,
} from "./command.ts";
import type { Registrar } from "./registrar.ts";

/** What may be filled in to register at a service. */
export function fieldsFor(service: ServiceName): Field[] {
	const { token, more = {} } = SERVICES[service].form;
	return [
		{ name: "token", type: "text-single", label: token, required: true },
		...Object.entries(more).map(([name, { label }]) => ({ name, type: "text-single" as const, label })),
		{ name: "device-id", type: "text-single", label: "An id of the device (the resource)" },
		{ name: "device-name", type: "text-single", label: "A name of the device, for you" },
		{
			name: "classes",
			type: "list-multi",
			label: "Which pushes it gets (none chosen: as before, for a new device the usual ones)",
			options: ASKED_CLASSES.map((value) => ({ label: CLASS_LABELS[value], value })),
		},
	];
}

const CLASS_LABELS: Readonly<Record<AskedClass, string>> = {
	voip: "Calls",
	high: "Messages",
	low: "What shows nothing, such as read marks",
};

/** @throws {CommandError} */
function classesIn({ form }: Call): AskedClass[] | undefined {
	const names = form.get("classes")?.map((name) => name.trim()) ?? [];
	const chosen = names.filter(Boolean);
	if (chosen.length === 0) return undefined;
	if (chosen.every(isAskedClass)) return chosen;
	throw badField(`The field classes may have the values ${ASKED_CLASSES.join(", ")}: choose among them.`);
}

/** What a browser subscribes with, for web apps that know no HTTP address of ours. */
function keyField(service: ServiceName, { vapidPublicKey }: Registrar) {
	if (!SERVICES[service].subscribesWithKey || vapidPublicKey === undefined) return [];
	const label = "The key that browsers subscribe with here";
	return [{ name: "vapid-public-key", label, values: [vapidPublicKey] }];
}

/** In the form to fill in: clients show it to nobody. */
export const keyToSubscribeWith = (service: ServiceName, registrar: Registrar): Field[] =>
	keyField(service, registrar).map((field) => ({ ...field, type: "hidden" }));

/** @param givesDeviceSecret its client knows that this is not for its server */
export async function registerModPush(
	call: Call,
	service: ServiceName,
	givesDeviceSecret: boolean,
): Promise<Done> {
	const { jid, node, secret, deviceSecret, push2 } = await register(call, {
		...deviceIn(call, service),
		dialect: "mod_push",
		app: { service },
		device: deviceId(call),
		deviceName: nameIn(call, "device-name"),
		classes: classesIn(call),
	});
	return {
		form: answerForm("result", [
			...addressFields(jid, node, secret),
			...push2Fields(push2),
			...(givesDeviceSecret ? ownFields(service, call.registrar, deviceSecret) : []),
		]),
	};
}

/** Apart from `secret`, which goes into XEP-0357's `<enable/>`: the device keeps it, for the JSON API. */
const deviceSecretField = (secret: string): AnswerField => ({
	name: "device-secret",
	type: "text-single",
	label: "The device's own secret: keep it, and give it to no server",
	values: [secret],
});

function ownFields(service: ServiceName, registrar: Registrar, deviceSecret: string): AnswerField[] {
	const key = keyField(service, registrar).map((field) => ({ ...field, type: "text-single" as const }));
	return [deviceSecretField(deviceSecret), ...key];
}

/** @throws {CommandError} */
function deviceIn(call: Call, service: ServiceName): DeviceInput {
	const { tokenOf = (text) => text, more = {} } = SERVICES[service].form;
	const others = Object.entries(more).map(([name, { is }]) => [is, optional(call, name)]);
	try {
		return { token: tokenOf(required(call, "token")), ...Object.fromEntries(others) };
	} catch (error) {
		if (error instanceof InvalidDevice) throw badField(error.message);
		throw error;
	}
}

/** The first two are mod_push's own. */
const COLUMNS: readonly Field[] = [
	{ name: "device-name", type: "text-single", label: "Name" },
	{ name: "node", type: "text-single", label: "Node" },
	{ name: "app", type: "text-single", label: "App" },
	{ name: "last-success", type: "text-single", label: "Last delivered" },
	{ name: "last-error", type: "text-single", label: "Last error" },
];

/** Where any of them was let in by one. */
const INVITE_COLUMN: Field = { name: "invite", type: "text-single", label: "Let in by the invite" };

/** Times as XEP-0082 has them. @param shown cuts its name */
function valuesOf(
	{ deviceName = "", node, app, lastSuccessAt, lastErrorAt, lastError }: Registration,
	shown: (name: string) => string,
): string[] {
	const time = (at: number | undefined) => (at === undefined ? "" : new Date(at).toISOString());
	return [
		shown(deviceName),
		node,
		app,
		time(lastSuccessAt),
		[time(lastErrorAt), lastError].filter(Boolean).join(" "),
	];
}

export const modPush: readonly Command[] = [
	{
		node: "list-push-registrations",
		name: "Show my devices",
		registers: false,
		isServed: () => true,
		async run({ owner, registrar }) {
			const registrations = await registrar.list(owner);
			if (registrations.length === 0) {
				return { note: { type: "info", text: "You have no registration here." } };
			}
			const shown = nameCutFor(registrations.length);
			const isInvited = registrations.some(({ invite }) => invite !== undefined);
			const columns = isInvited ? [...COLUMNS, INVITE_COLUMN] : COLUMNS;
			const all = registrations.map((one) => itemOf(columns, [...valuesOf(one, shown), one.invite ?? ""]));
			const items = latestThatFit(all, (item) => item);
			const left = all.length - items.length;
			return {
				...(left > 0 && { note: { type: "info", text: leftOut(left) } }),
				form: itemsForm(columns, items),
			};
		},
	},
	{
		node: "unregister-push",
		name: "Unregister this device",
		registers: false,
		isServed: () => true,
		async run(call) {
			const nodes =
				call.form
					.get("nodes")
					?.map((node) => node.trim())
					.filter(Boolean) ?? [];
			const which = nodes.length > 0 ? { nodes } : { device: deviceId(call) };
			const ended = await call.registrar.remove(call.owner, which);
			if (ended.length === 0) throw nothingFound();
			const note = endedNote(ended.length);
			if (nodes.length === 0) return { note };
			const values = ended.map(({ node }) => node);
			const label = "The nodes of those that ended";
			return { note, form: answerForm("result", [{ name: "nodes", type: "list-multi", label, values }]) };
		},
	},
];
