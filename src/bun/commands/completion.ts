/** `completion`: a script that has a shell complete what is typed. It asks `reveille complete WORDS`. */
import { buildChoiceParser, buildCommand } from "@stricli/core";
import { JSON_FLAG, type Typed } from "./command.ts";
import { print, printJson } from "./output.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** What each shell reads. */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
	// Bash ends a word before the @ of an account, and asks for what follows (its second argument).
	bash: `_reveille() {
	local IFS=$' \\t\\n' words last
	read -ra words <<< "\${COMP_LINE:0:COMP_POINT}"
	[[ \${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=("")
	last=\${words[\${#words[@]} - 1]}
	IFS=$'\\n'
	COMPREPLY=($(reveille complete "\${words[@]:1}" 2>/dev/null))
	COMPREPLY=("\${COMPREPLY[@]#"\${last%"$2"}"}")
}
complete -o default -F _reveille reveille`,
	// In a folder of $fpath the file is the function itself, when it is asked first.
	zsh: `#compdef reveille
_reveille() {
	compadd -- \${(f)"$(reveille complete "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)"}
}
if [[ $funcstack[1] == _reveille ]]; then _reveille "$@"; else compdef _reveille reveille; fi`,
	fish: `complete -c reveille -f -a '(reveille complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
};

export const completionCommand = buildCommand<{ json: boolean }, [shell: Shell], Typed>({
	docs: {
		brief: "A script by which bash, zsh or fish completes these commands",
		fullDescription:
			"Prints it. For bash: source <(reveille completion bash). For fish: reveille completion fish | source. For zsh put it into a folder of $fpath, as _reveille.",
	},
	parameters: {
		flags: JSON_FLAG,
		positional: {
			kind: "tuple",
			parameters: [
				{
					brief: SHELLS.join(", "),
					placeholder: "SHELL",
					parse: buildChoiceParser(SHELLS),
					proposeCompletions: (begun) => SHELLS.filter((shell) => shell.startsWith(begun)),
				},
			],
		},
	},
	func({ json }, shell) {
		const script = SCRIPTS[shell];
		if (json) return printJson({ shell, script });
		print(script);
	},
});
