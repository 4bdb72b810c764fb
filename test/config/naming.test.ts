import { expect, test } from "bun:test";
import { ConfigError } from "../../src/config/config.ts";
import { warnOfMisspelt } from "../../src/config/misspelt.ts";
import { asConfigError, naming } from "../../src/config/naming.ts";

const fails = () => {
	throw new TypeError("no key");
};

test("a fault of a setting's use names the setting, as a fault of its reading does", async () => {
	await expect(naming("VAPID_PRIVATE_KEY", fails)).rejects.toThrow(ConfigError);
	await expect(naming("VAPID_PRIVATE_KEY", fails)).rejects.toThrow("  VAPID_PRIVATE_KEY: no key");
	await expect(naming("X", () => Promise.reject("a text"))).rejects.toThrow("  X: a text");
	expect(await naming("X", async () => 1)).toBe(1);
});

test("a fault that names its app stands there as it is", async () => {
	await expect(asConfigError(() => Promise.reject(new Error("App siskin: no key")))).rejects.toThrow(
		"The settings do not work:\n  App siskin: no key",
	);
});

test("a name that looks like a setting is told once, with the one that was probably meant", () => {
	const said: unknown[] = [];
	warnOfMisspelt(["XMPP_ADRESS", "PATH", "XMPP_SOMETHING_ELSE", "XMPP_ADDRESS"], {
		warn: (...line: unknown[]) => void said.push(line),
	} as never);
	expect(said).toEqual([
		[
			"{name} is not a setting of Reveille{hint}",
			{ id: "setting-unknown", name: "XMPP_ADRESS", hint: ": did you mean XMPP_ADDRESS?" },
		],
		[
			"{name} is not a setting of Reveille{hint}",
			{ id: "setting-unknown", name: "XMPP_SOMETHING_ELSE", hint: ", and is ignored." },
		],
	]);
});
