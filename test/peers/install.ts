/**
 * Sees to it that the programs which the tests and the demo run against are installed.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { findEjabberd } from "./ejabberd.ts";
import { findFirefox } from "./firefox.ts";
import { MissingPeer, systemPath } from "./missing-peer.ts";
import { findProsody } from "./prosody.ts";
import { findSlixmpp } from "./slixmpp.ts";

/** The programs there are. */
export type PeerName = "prosody" | "ejabberd" | "firefox" | "slixmpp" | "debootstrap";

const FINDERS: Record<PeerName, () => unknown> = {
	prosody: findProsody,
	ejabberd: findEjabberd,
	firefox: findFirefox,
	slixmpp: findSlixmpp,
	debootstrap: findDebootstrap,
};

/** Debian asks this program before it starts a service that a package brings; 101 means no. */
const POLICY = "/usr/sbin/policy-rc.d";

/**
 * Checks that the programs are there. What is missing is installed when that needs nobody's consent: as root
 * on a system with apt-get, such as a container.
 *
 * @param onProgress is told in a sentence what takes long
 * @throws {MissingPeer} otherwise, naming the line that installs it
 */
export async function ensurePeers(
	names: readonly PeerName[],
	onProgress: (sentence: string) => void = () => {},
): Promise<void> {
	const missing = names.flatMap((name) => missingPeer(name) ?? []);
	const [first] = missing;
	if (!first) return;
	const elsewhere = missing.find(({ packages }) => packages.length === 0);
	if (elsewhere) throw elsewhere;
	if (process.getuid?.() !== 0 || Bun.which("apt-get") === null) {
		throw missing.length === 1 ? first : all(missing);
	}

	await install(all(missing), onProgress);
	const still = names.flatMap((name) => missingPeer(name) ?? []);
	if (still.length > 0) throw all(still);
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
	}
}

function findDebootstrap(): void {
	if (Bun.which("debootstrap", { PATH: systemPath() }) === null) {
		throw new MissingPeer("debootstrap", ["debootstrap"]);
	}
}

/** Runs apt-get without questions; waits for another one that is at work. */
async function aptGet(...words: string[]): Promise<{ ok: boolean; output: string }> {
	const apt = Bun.spawn(["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", ...words], {
		stdin: "ignore",
		stdout: "pipe",
		stderr: "pipe",
		env: { ...process.env, PATH: systemPath(), DEBIAN_FRONTEND: "noninteractive" },
	});
	const read = (stream: ReadableStream) => new Response(stream).text();
	const [output, errors, code] = await Promise.all([read(apt.stdout), read(apt.stderr), apt.exited]);
	return { ok: code === 0, output: output + errors };
}
