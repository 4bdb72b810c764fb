/** mod_push_appserver's dialect, version 1, which Monal and yaxim spoke. The node that they send is a device id. */
import { answerForm, type Field } from "../forms.ts";
import { SERVICE_BY_NAME } from "../service-names.ts";
import {
	addressFields,
	type Call,
	type Command,
	type Done,
	endedNote,
	nameIn,
	nothingFound,
	optional,
	push2Fields,
	register,
	required,
	requireSecrets,
} from "./command.ts";
import type { Registrar } from "./registrar.ts";

const typesOf = ({ services }: Registrar) =>
	[...SERVICE_BY_NAME].filter(([, service]) => services.has(service)).map(([name]) => name);

const device: readonly Field[] = [
	{ name: "node", type: "text-single", label: "An id of the device", required: true },
];

const typeField = (registrar: Registrar): Field => ({
	name: "type",
	type: "list-single",
	label: "The push service",
	required: true,
	options: typesOf(registrar),
});

function deviceIn(call: Call): string {
	required(call, "node");
	return nameIn(call, "node") ?? "";
}

function answer(jid: string, node: string, secret: string | undefined): NonNullable<Done["form"]> {
	return answerForm("form", addressFields(jid, node, secret));
}

export const pushAppserver: readonly Command[] = [
	{
		node: "v1-register-push",
		name: "Register a device (mod_push_appserver)",
		unlisted: true,
		registers: true,
		isServed: ({ services }) => services.size > 0,
		fields: ({ registrar }) => [
			typeField(registrar),
			...device,
			{ name: "token", type: "text-single", label: "The token", required: true },
		],
		async run(call) {
			requireSecrets(call.registrar);
			const made = await register(call, {
				dialect: "push-appserver",
				app: { type: required(call, "type") },
				device: deviceIn(call),
				token: required(call, "token"),
				p256dh: optional(call, "p256dh"),
				auth: optional(call, "auth"),
			});
			return {
				form: answerForm("form", [
					...addressFields(made.jid, made.node, made.secret),
					...push2Fields(made.push2),
				]),
			};
		},
	},
	{
		node: "v1-unregister-push",
		name: "Unregister a device (mod_push_appserver)",
		unlisted: true,
		registers: false,
		isServed: ({ services }) => services.size > 0,
		fields: ({ registrar }) => [typeField(registrar), ...device],
		async run(call) {
			const { owner, registrar } = call;
			const node = deviceIn(call);
			const type = required(call, "type");
			// A device id as it was sent, or the node that we returned.
			const byDevice = await registrar.remove(owner, { device: node, app: { type } });
			const ended = byDevice.length > 0 ? byDevice : await registrar.remove(owner, { nodes: [node] });
			if (ended.length === 0) throw nothingFound();
			const [{ jid, node: returned }] = ended as [(typeof ended)[number]];
			return {
				note: endedNote(ended.length),
				form: answer(jid ?? call.to, returned, await registrar.secretOf(returned)),
			};
		},
	},
];
