/**
 * What owners do with what they have, beside mod_push's commands: `test-push` and `rename-push`, Reveille's own. Both
 * go by `node`, or by `device-id` as `unregister-push` does, or by the resource; people choose from a list.
 */
import type { Registration } from "../../types.ts";
import { answerForm, type Field, type Option, optionElement } from "../forms.ts";
import {
	badField,
	type Call,
	type Command,
	CommandError,
	type Done,
	latestThatFit,
	type Note,
	nameCutFor,
	nameIn,
	nothingFound,
	whichIn,
} from "./command.ts";
import type { TestOutcome } from "./registrar.ts";

/** What tells people their devices apart. */
function optionOf(
	{ deviceName, app, registeredAt, node }: Registration,
	shown: (name: string) => string,
): Option {
	const since = new Date(registeredAt).toISOString().slice(0, 10);
	return {
		label: `${deviceName === undefined ? "No name" : shown(deviceName)} (${app}, since ${since})`,
		value: node,
	};
}

/** @throws {CommandError} when the owner has none */
async function whichField({ owner, registrar }: Omit<Call, "form">): Promise<Field> {
	const registrations = await registrar.list(owner);
	const shown = nameCutFor(registrations.length);
	const all = registrations.map((one) => optionOf(one, shown));
	if (all.length === 0) throw nothingFound();
	return {
		name: "node",
		type: "list-single",
		label: "Which registration",
		required: true,
		options: latestThatFit(all, optionElement),
	};
}

/** What became of a test push, for people. */
function noteOf(outcome: TestOutcome): Note {
	switch (outcome.result) {
		case "delivered":
			return { type: "info", text: "The push service took the test push: the device gets it when it can." };
		case "superseded":
			return { type: "info", text: "A newer push for the same device went out in place of the test push." };
		case "skipped":
			return {
				type: "warn",
				text: "The test push was not sent: this device gets no pushes of its class. To choose others, register again with the field classes.",
			};
		case "queued": {
			const why = outcome.reason === undefined ? "" : ` (${outcome.reason})`;
			return { type: "warn", text: `The test push could not be delivered yet${why}. It is tried again.` };
		}
		case "gone":
			return {
				type: "error",
				text: "The push service says that the device is gone. The registration ended: register again.",
			};
		case "refused":
			return { type: "error", text: `The push service refused the test push: ${outcome.reason}.` };
		case "not-now":
			return { type: "error", text: `The test push could not be sent: ${outcome.reason}. Try again later.` };
	}
}

function tested(node: string, outcome: TestOutcome): Done {
	const reason = "reason" in outcome ? outcome.reason : undefined;
	return {
		note: noteOf(outcome),
		form: answerForm("result", [
			{ name: "node", type: "text-single", label: "Node", values: [node] },
			{
				name: "result",
				type: "text-single",
				label: "What became of the test push",
				values: [outcome.result],
			},
			...(reason === undefined
				? []
				: [{ name: "reason", type: "text-single" as const, label: "Why", values: [reason] }]),
		]),
	};
}

export const own: readonly Command[] = [
	{
		node: "test-push",
		name: "Send a test push to one of my devices",
		registers: false,
		isServed: () => true,
		instructions: "Say which registration is to be tested. A push with the text Test is sent to its device.",
		fields: async (asked) => [await whichField(asked)],
		async run(call) {
			const result = await call.registrar.test(call.owner, whichIn(call));
			switch (result.kind) {
				case "tested":
					return tested(result.node, result.outcome);
				case "nothing":
					throw nothingFound();
				case "several":
					throw badField("This device has several registrations: send the node of one in the field node.");
				case "too-often":
					throw new CommandError(
						"wait",
						"resource-constraint",
						`Too many test pushes: wait ${Math.ceil(result.waitMs / 1000)} s.`,
					);
			}
		},
	},
	{
		node: "rename-push",
		name: "Rename one of my devices",
		registers: false,
		isServed: () => true,
		instructions: "Say which registration is to have another name, and which name.",
		fields: async (asked) => [
			await whichField(asked),
			{ name: "device-name", type: "text-single", label: "The new name", required: true },
		],
		async run(call) {
			const deviceName = nameIn(call, "device-name");
			if (deviceName === undefined) throw badField("The field device-name is missing: fill it in.");
			const result = await call.registrar.rename(call.owner, whichIn(call), deviceName);
			if (result.kind === "too-often") {
				throw new CommandError(
					"wait",
					"resource-constraint",
					"Too many changes of registrations from your server: try again in a minute.",
				);
			}
			const nodes = result.registrations.map(({ node }) => node);
			if (nodes.length === 0) throw nothingFound();
			const which = nodes.length === 1 ? "The registration has" : `${nodes.length} registrations have`;
			return {
				note: { type: "info", text: `${which} the new name.` },
				form: answerForm("result", [
					{ name: "nodes", type: "text-multi", label: "The nodes of what has the name", values: nodes },
				]),
			};
		},
	},
];
