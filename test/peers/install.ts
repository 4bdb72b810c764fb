/**
 * Sees to it that the programs which the tests and the demo run against are installed.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { startedAtBoot, takeFromBoot } from "./boot.ts";
import { findChromium } from "./chromium.ts";
import { findEjabberd } from "./ejabberd.ts";
import { findFirefox } from "./firefox.ts";
import { MissingPeer, systemPath } from "./missing-peer.ts";
import { findPromtool } from "./promtool.ts";
import { findProsody } from "./prosody.ts";
import { findSlixmpp } from "./slixmpp.ts";

/** The programs there are. */
export type PeerName =
	| "prosody"
	| "ejabberd"
	| "firefox"
	| "chromium"
	| "slixmpp"
	| "promtool"
	| "debootstrap"
	| "lintian"
	| "nginx"
	| "caddy"
	| "qemu"
	| "sqlite3";

const FINDERS: Record<PeerName, () => unknown> = {
	prosody: findProsody,
	ejabberd: findEjabberd,
	firefox: findFirefox,
	chromium: findChromium,
	slixmpp: findSlixmpp,
	promtool: findPromtool,
	debootstrap: () => findProgram("debootstrap"),
	lintian: () => findProgram("lintian"),
	nginx: () => findProgram("nginx"),
	caddy: () => findProgram("caddy"),
	sqlite3: () => findProgram("sqlite3"),
	qemu: () => findProgram("qemu-aarch64-static", "qemu-user-static"),
};

/** Debian asks this program before it starts a service that a package brings; 101 means no. */
const POLICY = "/usr/sbin/policy-rc.d";

/**
 * Checks that the programs are there. What is missing is installed when that needs nobody's consent: as root
 * on a system with apt-get, such as a container.
 *
 * @param onProgress is told in a sentence what takes long
 * @returns Debian's packages that were installed; they stay, and start nothing at boot
 * @throws {MissingPeer} otherwise, naming the line that installs it
 */
export async function ensurePeers(
	names: readonly PeerName[],
	onProgress: (sentence: string) => void = () => {},
): Promise<readonly string[]> {
	const missing = names.flatMap((name) => missingPeer(name) ?? []);
	const [first] = missing;
	if (!first) return [];
	const elsewhere = missing.find(({ packages }) => packages.length === 0);
	if (elsewhere) throw elsewhere;
	if (process.getuid?.() !== 0 || Bun.which("apt-get") === null) {
		throw missing.length === 1 ? first : all(missing);
	}

	const wanted = all(missing);
	await notInterrupted(() => install(wanted, onProgress), onProgress);
	const still = names.flatMap((name) => missingPeer(name) ?? []);
	if (still.length > 0) throw all(still);
	return wanted.packages;
}

/** Half an installation is worse than a whole one: a signal waits for its end, and is then sent again. */
async function notInterrupted(
	work: () => Promise<void>,
	onProgress: (sentence: string) => void,
): Promise<void> {
	let asked: NodeJS.Signals | undefined;
	const wait = (name: NodeJS.Signals) => {
		asked = name;
		onProgress("This ends as soon as the installation is complete.");
	};
	const names: NodeJS.Signals[] = ["SIGHUP", "SIGINT", "SIGTERM"];
	for (const name of names) process.on(name, wait);
	try {
		await work();
	} finally {
		for (const name of names) process.off(name, wait);
		if (asked) process.kill(process.pid, asked);
	}
}

function missingPeer(name: PeerName): MissingPeer | undefined {
	try {
		FINDERS[name]();
		return undefined;
	} catch (error) {
		if (error instanceof MissingPeer) return error;
		throw error;
	}
}

/** One error, and one line, for several programs. */
function all(missing: MissingPeer[]): MissingPeer {
	return new MissingPeer(
		missing.map(({ what }) => what).join(" and "),
		missing.flatMap(({ packages }) => packages),
	);
}

/** @throws {MissingPeer} when that fails, with what apt-get said */
async function install(missing: MissingPeer, onProgress: (sentence: string) => void): Promise<void> {
	const { what, packages } = missing;
	// The packages would start their servers on the usual ports; ours run elsewhere, when a test wants them.
	const before = startedAtBoot();
	const ownPolicy = !existsSync(POLICY);
	if (ownPolicy) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
	try {
		onProgress("Fetching the list of packages …");
		// An old list may do; if it does not, the installation says so.
		const update = await aptGet("update");
		onProgress(`Installing ${packages.join(", ")} …`);
		const result = await aptGet("install", "-y", "--no-install-recommends", ...packages);
		if (!result.ok) {
			const said = [update, result].map(({ output }) => output.trimEnd().split("\n").slice(-15).join("\n"));
			throw new MissingPeer(what, packages, said.join("\n"));
		}
	} finally {
		if (ownPolicy) rmSync(POLICY, { force: true });
		const services = takeFromBoot(before);
		if (services.length > 0) onProgress(`These do not start at boot: ${services.join(", ")}.`);
	}
}

/** @param brings Debian's package that has it */
function findProgram(name: string, brings = name): void {
	if (Bun.which(name, { PATH: systemPath() }) === null) throw new MissingPeer(name, [brings]);
}

/** Runs apt-get without questions; waits for another one that is at work. */
async function aptGet(...words: string[]): Promise<{ ok: boolean; output: string }> {
	const apt = Bun.spawn(["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", ...words], {
		stdin: "ignore",
		stdout: "pipe",
		stderr: "pipe",
		// A group of its own: the terminal's Ctrl-C does not reach it.
		detached: true,
		env: { ...process.env, PATH: systemPath(), DEBIAN_FRONTEND: "noninteractive" },
	});
	const read = (stream: ReadableStream) => new Response(stream).text();
	const [output, errors, code] = await Promise.all([read(apt.stdout), read(apt.stderr), apt.exited]);
	return { ok: code === 0, output: output + errors };
}
