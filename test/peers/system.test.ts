/** Which Debian the tests' servers come from, as far as that shows without making one. */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { debian13Folder, ensureDebian13 } from "./debian13.ts";
import { temporaryFolder } from "./folder.ts";
import { bootFreshDebian } from "./fresh-debian.ts";
import { serversSystem, systemIn } from "./system.ts";

const folder = temporaryFolder("system");
afterAll(folder.remove);

test("another Debian's programs and packages are looked for in its folder, links included", () => {
	mkdirSync(join(folder.path, "usr/bin"), { recursive: true });
	// It leads nowhere from outside.
	symlinkSync("/usr/lib/nowhere/erl", join(folder.path, "usr/bin/erl"));
	mkdirSync(join(folder.path, "var/lib/dpkg"), { recursive: true });
	const packages = [
		"Package: prosody-modules\nVersion: 0.0~hg-2",
		"Package: prosody\nStatus: install ok installed\nVersion: 1:13.0.1-1",
	];
	writeFileSync(join(folder.path, "var/lib/dpkg/status"), `${packages.join("\n\n")}\n\n`);
	const system = systemIn(folder.path);
	expect(system.which("erl")).toBe("/usr/bin/erl");
	expect(system.which("prosody")).toBeNull();
	expect(system.version("prosody")).toBe("13.0.1-1");
	expect(system.version("ejabberd")).toBeUndefined();
	expect(system.missing("ejabberd", ["ejabberd"]).message).toBe(
		`not installed: ejabberd in ${folder.path}. To install: rm -r ${folder.path}; bun run test:servers`,
	);
});

test("it is kept where the user says, or in the user's cache", () => {
	expect(debian13Folder({ REVEILLE_CHROOT: "/big/disk" })).toBe("/big/disk");
	expect(debian13Folder({ XDG_CACHE_HOME: "/cache" })).toBe("/cache/reveille/debian-13");
	expect(debian13Folder({})).toEndWith("/.cache/reveille/debian-13");
});

test("who is not root is told the line to type", async () => {
	await expect(ensureDebian13(() => {}, 1000)).rejects.toThrow('sudo env "PATH=$PATH" bun run test:servers');
	await expect(bootFreshDebian("trixie", 1000)).rejects.toThrow('sudo env "PATH=$PATH" bun run test:long');
});

test("a program of this machine is run as it is", () => {
	expect(serversSystem({}).command(["prosody", "-F"], "/tmp")).toEqual(["prosody", "-F"]);
});
