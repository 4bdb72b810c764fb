/** What is typed after the program's name: found by its words, run, and answered by an exit code. */
import {
	type Application,
	ArgumentScannerError,
	buildApplication,
	buildRouteMap,
	ExitCode,
	formatMessageForArgumentScannerError,
	proposeCompletions,
	run,
	type StricliProcess,
	text_en,
} from "@stricli/core";
import { withId } from "../../messages/about.ts";
import { nearest } from "../../syntax/spelling.ts";
import { PROGRAM } from "../program.ts";
import { isForPeople } from "../start-error.ts";
import { backupCommand } from "./backup.ts";
import { checkCommand } from "./check.ts";
import type { Environment, Typed } from "./command.ts";
import { completionCommand } from "./completion.ts";
import { doctorCommand } from "./doctor/command.ts";
import { explainCommand } from "./explain.ts";
import { healthCommand } from "./health.ts";
import { importCommands } from "./import/command.ts";
import { inviteCommands } from "./invite.ts";
import { barCommands } from "./operator/bar.ts";
import { endCommand } from "./operator/end.ts";
import { eventsCommand } from "./operator/events.ts";
import { listCommand } from "./operator/list.ts";
import { showCommand } from "./operator/show.ts";
import { testCommand } from "./operator/test-push.ts";
import { print, printable } from "./output.ts";
import { tokenCommand } from "./token.ts";

const ROUTES = {
	doctor: doctorCommand,
	check: checkCommand,
	list: listCommand,
	show: showCommand,
	test: testCommand,
	events: eventsCommand,
	end: endCommand,
	bar: barCommands,
	import: importCommands,
	backup: backupCommand,
	token: tokenCommand,
	invite: inviteCommands,
	health: healthCommand,
	explain: explainCommand,
	completion: completionCommand,
};

/** The exit code for what was typed wrong, as shells have it. */
const USAGE = 2;

/** Each command with what it does, in a few words. */
export const commands: readonly { name: string; brief: string }[] = Object.entries(ROUTES).map(
	([name, { brief }]) => ({ name, brief }),
);

const ALL = buildRouteMap({ routes: ROUTES, docs: { brief: "Commands of Reveille" } });

/** @param words what was typed, for what is said of it */
const applicationFor = (words: readonly string[]): Application<Typed> =>
	buildApplication<Typed>(ALL, {
		name: PROGRAM,
		scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
		documentation: {
			caseStyle: "convert-camel-to-kebab",
			disableAnsiColor: true,
			onlyRequiredInUsageLine: false,
		},
		localization: {
			text: {
				...text_en,
				headers: {
					...text_en.headers,
					usage: "Usage",
					aliases: "The same as",
					flags: "Options",
					arguments: "Arguments",
					commands: "Commands",
				},
				briefs: {
					...text_en.briefs,
					help: "Says this",
					argumentEscapeSequence: "What follows is no option, though it begins with -",
				},
				exceptionWhileRunningCommand: sentenceOf,
				commandErrorResult: sentenceOf,
				exceptionWhileParsingArguments: (error) => withHint(wronglyTyped(error, words)),
				noCommandRegisteredForInput: ({ input, corrections }) =>
					withId(
						`There is no command ${input}.${meant(corrections)} --help lists them. Settings are environment variables.`,
						"command-unknown",
					),
			},
		},
		determineExitCode: () => 1,
	});

/** What stands behind the name of a group; undefined: it is none. */
function groupOf(name: string | undefined) {
	const group = Object.entries(ROUTES).find(([one]) => one === name)?.[1];
	return group && "getAllEntries" in group ? group : undefined;
}

const namesOf = (group: ReturnType<typeof groupOf>) =>
	group?.getAllEntries().map(({ name }) => name.original) ?? [];

/** The command that a group's name alone means. */
function ownCommandOf(name: string | undefined): string | undefined {
	const group = groupOf(name);
	const own = group?.getDefaultCommand();
	return own && group?.getAllEntries().find(({ target }) => target === own)?.name.original;
}

const withHint = (sentence: string) =>
	withId(`${sentence} With --help it says how it is typed.`, "command-arguments");

const meant = (corrections: readonly string[]) =>
	corrections.length === 0 ? "" : ` Did you mean ${corrections.join(" or ")}?`;

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** What the library found wrong with what was typed, in a sentence. */
function wronglyTyped(error: unknown, words: readonly string[]): string {
	if (!(error instanceof ArgumentScannerError)) return reasonOf(error);
	return formatMessageForArgumentScannerError(error, {
		FlagNotFoundError: ({ input, corrections }) =>
			`There is no option --${input}.${meant(corrections.map((name) => `--${name}`))}`,
		AliasNotFoundError: ({ input }) => `There is no option -${input}.`,
		ArgumentParseError: ({ externalFlagNameOrPlaceholder: name, exception }) =>
			`${name === name.toUpperCase() ? name : `--${name}`} ${reasonOf(exception)}.`,
		UnsatisfiedFlagError: ({ externalFlagName }) => `--${externalFlagName} needs a value.`,
		UnexpectedPositionalError: ({ input }) => {
			// A group's own command takes what is no name of another.
			const near = input === words[1] ? nearest(input, namesOf(groupOf(words[0]))) : undefined;
			return `${JSON.stringify(input)} is one word too many.${meant(near === undefined ? [] : [near])}`;
		},
		UnsatisfiedPositionalError: ({ placeholder }) => `${placeholder} is missing.`,
		InvalidNegatedFlagSyntaxError: ({ externalFlagName }) => `--${externalFlagName} takes no value.`,
		UnexpectedFlagError: ({ externalFlagName }) => `--${externalFlagName} may be given once.`,
	});
}

/** A fault of our own has its place in the code with it. */
function sentenceOf(error: unknown): string {
	if (isForPeople(error)) return printable(withId(error.message, error.id));
	return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The library proposes what the default command of a group takes, and not the group's own. */
async function completionsOf(words: readonly string[], typed: Typed): Promise<string[]> {
	const [first, begun = ""] = words;
	const own = words.length === 2 ? namesOf(groupOf(first)) : [];
	const proposed = await proposeCompletions(applicationFor(words), words, typed);
	return [
		...new Set([
			...own.filter((name) => name.startsWith(begun)),
			...proposed.map(({ completion }) => completion),
		]),
	];
}

/**
 * Runs what was typed.
 * @param words what follows the program's name
 * @param env the settings, as for serving
 * @returns the exit code: 0 done, 1 it failed, 2 it was typed wrong
 */
export async function runCommand(words: readonly string[], env: Environment): Promise<number> {
	const shell: StricliProcess = { stdout: process.stdout, stderr: process.stderr, env };
	if (words[0] === "complete") {
		for (const proposed of await completionsOf(words.slice(1), { process: shell, env })) print(proposed);
		return 0;
	}
	await run(applicationFor(words), words, { process: shell, env });
	const own = words.length === 2 && /^(-h|--help)$/.test(words[1] ?? "") ? ownCommandOf(words[0]) : undefined;
	if (own !== undefined) {
		// The options of what the group does by itself.
		shell.stdout.write("\n");
		await run(applicationFor(words), [words[0] ?? "", own, "--help"], { process: shell, env });
	}
	const code = Number(shell.exitCode ?? 0);
	return code === ExitCode.InvalidArgument || code === ExitCode.UnknownCommand ? USAGE : code < 0 ? 1 : code;
}
