/** A server that is installed for a test does not start at the next boot. */
import { afterEach, expect, test } from "bun:test";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { startedAtBoot, takeFromBoot } from "./boot.ts";
import { temporaryFolder } from "./folder.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
	for (const end of cleanups.splice(0)) end();
});

function system(links: Record<string, string>): string {
	const { path: root, remove } = temporaryFolder("system");
	cleanups.push(remove);
	link(root, links);
	return root;
}

function link(root: string, links: Record<string, string>): void {
	for (const [path, target] of Object.entries(links)) {
		mkdirSync(join(root, dirname(path)), { recursive: true });
		symlinkSync(target, join(root, path));
	}
}

const WANTS = "etc/systemd/system/multi-user.target.wants";

/** What a system has of its own. */
const OWN = {
	[`${WANTS}/postgresql.service`]: "/lib/systemd/system/postgresql.service",
	"etc/systemd/system/dbus-org.freedesktop.timesync1.service":
		"/lib/systemd/system/systemd-timesyncd.service",
	"etc/rc2.d/S01postgresql": "../init.d/postgresql",
	"etc/rc0.d/K01postgresql": "../init.d/postgresql",
};

/** As Debian's packages of Prosody and ejabberd leave it. */
const INSTALLED = {
	[`${WANTS}/prosody.service`]: "/lib/systemd/system/prosody.service",
	"etc/systemd/system/sockets.target.wants/epmd.socket": "/lib/systemd/system/epmd.socket",
	"etc/rc0.d/K01prosody": "../init.d/prosody",
	"etc/rc2.d/S01prosody": "../init.d/prosody",
	"etc/rc5.d/S01prosody": "../init.d/prosody",
};

test("services that an installation added are taken from the boot, and the system's own stay", () => {
	const root = system(OWN);
	const before = startedAtBoot(root);
	expect(before).toEqual([`${WANTS}/postgresql.service`, "etc/rc2.d/S01postgresql"]);
	link(root, INSTALLED);
	expect(takeFromBoot(before, root)).toEqual(["prosody.service", "epmd.socket", "prosody"]);
	expect(startedAtBoot(root)).toEqual(before);
	// So that an update of the package finds a choice that was made.
	expect(readdirSync(join(root, "etc/rc2.d")).sort()).toEqual(["K01prosody", "S01postgresql"]);
	expect(readdirSync(join(root, "etc/rc0.d")).sort()).toEqual(["K01postgresql", "K01prosody"]);
});

test("a server that its operator runs goes on to start at boot", () => {
	const root = system({ ...OWN, ...INSTALLED });
	const before = startedAtBoot(root);
	expect(takeFromBoot(before, root)).toEqual([]);
	expect(startedAtBoot(root)).toEqual(before);
});

test("a system without systemd or runlevels starts nothing that is known", () => {
	expect(startedAtBoot(system({}))).toEqual([]);
});
