/** What a process's environment is read as, and what is said where that does not work. */
import { expect, test } from "bun:test";
import { readConfig } from "../../src/bun/read-config.ts";
import { ConfigError } from "../../src/config/config.ts";

const problemsOf = (env: Record<string, string>) => {
	try {
		readConfig(env);
	} catch (error) {
		if (error instanceof ConfigError) return error.problems;
	}
	throw new Error("it is read");
};

test("what is missing may be there under a misspelt name, which is said beside it", () => {
	const problems = problemsOf({ ROLE: "http", XMPP_ADRESS: "push@example.net/push", PATH: "/bin" });
	expect(problems.some((problem) => problem.startsWith("XMPP_ADDRESS"))).toBe(true);
	expect(problems.at(-1)).toBe("XMPP_ADRESS is not a setting of Reveille: did you mean XMPP_ADDRESS?");
});

test("a name that resembles none is no problem", () => {
	const problems = problemsOf({ ROLE: "http", XMPP_SOMETHING_ELSE: "1" });
	expect(problems.join()).not.toContain("XMPP_SOMETHING_ELSE");
});
