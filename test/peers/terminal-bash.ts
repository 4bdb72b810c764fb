/** A real bash at a terminal, into which somebody types. */

export interface TerminalBash {
	/** What is on the screen since the last keys, without the terminal's own signs, once it fits. */
	type(keys: string, shown: RegExp): Promise<string>;
	stop(): Promise<void>;
}

const PATIENCE_MS = 20_000;

const BELL = "\u0007";
const BACKSPACE = "\b";

/** A backspace takes away what stands before it. */
function readable(screen: string): string {
	const left: string[] = [];
	for (const char of screen) {
		if (char === BACKSPACE) left.pop();
		else if (char !== "\r" && char !== BELL) left.push(char);
	}
	return left.join("");
}

/** @param env of the shell, in which `PATH` should have what is typed */
export async function startTerminalBash(env: Record<string, string | undefined>): Promise<TerminalBash> {
	let screen = "";
	let look = () => {};
	const decoder = new TextDecoder();
	const bash = Bun.spawn(["bash", "--norc", "--noprofile", "-i"], {
		env: { ...env, PS1: "typed> ", TERM: "dumb", HISTFILE: undefined },
		terminal: {
			cols: 500,
			data(_, data) {
				screen += decoder.decode(data, { stream: true });
				look();
			},
		},
	});

	const until = (shown: RegExp) =>
		new Promise<string>((resolve, reject) => {
			const deadline = setTimeout(() => reject(new Error(`not shown: ${shown}; but ${screen}`)), PATIENCE_MS);
			look = () => {
				const text = readable(screen);
				if (!shown.test(text)) return;
				clearTimeout(deadline);
				look = () => {};
				resolve(text);
			};
			look();
		});

	await until(/typed> $/);
	return {
		type(keys, shown) {
			screen = "";
			bash.terminal?.write(keys);
			return until(shown);
		},
		async stop() {
			bash.kill("SIGKILL");
			await bash.exited;
			bash.terminal?.close();
		},
	};
}
