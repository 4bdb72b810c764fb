/**
 * A fresh minimal Debian with a systemd that runs, in namespaces of its own: what somebody who installs a package has.
 * Its network is its own loopback.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { runToEnd, startChild } from "./child.ts";
import { bootstrap, cachedDebian, runGuarded } from "./debootstrap.ts";
import { temporaryFolder } from "./folder.ts";
import { MissingPeer } from "./missing-peer.ts";
import { familyOf } from "./process-table.ts";

/** The releases there are. */
export type Release = "bookworm" | "trixie";

/** What makes a Debian that boots of a minimal one; adduser is what the package depends on, and nothing is fetched. */
const INCLUDED = ["systemd-sysv", "dbus", "adduser"];

/**
 * Run by `sh` in the namespaces: mounts what systemd expects of whoever starts it, and becomes it. Either generation of
 * cgroups will do.
 */
const BOOT = `set -e
root=$1
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
# The kernel's settings are this machine's too.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,ro,bind "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
for folder in run tmp; do mount -t tmpfs tmpfs "$root/$folder"; done
mount --rbind /dev "$root/dev"
if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
	mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
	mkdir "$root/sys/fs/cgroup/systemd"
	mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
	legacy=systemd.legacy_systemd_cgroup_controller=1
fi
exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=other \\
	SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 SYSTEMD_PROC_CMDLINE="$legacy" \\
	/lib/systemd/systemd --log-target=console --show-status=no`;

/** What would use this machine's devices. */
const ABSENT = ["getty.target", "console-getty.service", "systemd-logind.service"];

/** Run by `sh` outside: goes into a cgroup of its own, so that this systemd rules over nothing else. */
const ENTER = `set -e
echo $$ > "$1/cgroup.procs"
shift
exec unshare --pid --mount --uts --ipc --net --cgroup --fork --kill-child sh -c "$@"`;

/** Where the cgroups are that a systemd takes for its own, of either generation. */
const CGROUPS = ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd"];

/** A running Debian. */
export interface FreshDebian {
	/** Where a file of it is seen from outside. But for `/tmp` and `/run`, which are its own. */
	path(inside: string): string;
	/** Runs this as root, by `sh`, in `/root`. @returns what it printed, and its exit code */
	run(script: string): Promise<{ stdout: string; stderr: string; code: number }>;
	/** Ends it and removes it. */
	stop(): Promise<void>;
}

/**
 * Boots one. What it is copied from is made once, and kept.
 * @param uid who asks: only root may
 * @throws {MissingPeer} when it cannot be made, with the line to type
 */
export async function bootFreshDebian(
	release: Release,
	uid: number | undefined = process.getuid?.(),
): Promise<FreshDebian> {
	if (uid !== 0) {
		throw new MissingPeer(
			`Debian ${release}`,
			[],
			"Only root may boot another Debian.",
			'sudo env "PATH=$PATH" bun run test:long',
		);
	}
	const base = cachedDebian(`${release}-systemd`);
	await bootstrap({ release, folder: base, include: INCLUDED, again: "bun run test:long" }, console.log);
	const folder = temporaryFolder(release);
	const root = join(folder.path, "root");
	const copied = await runGuarded(["cp", "-a", base, root]);
	if (!copied.ok) throw new Error(copied.output);
	rmSync(join(root, "usr/sbin/policy-rc.d"));
	for (const unit of ABSENT) symlinkSync("/dev/null", join(root, "etc/systemd/system", unit));
	const cgroups = CGROUPS.find((path) => existsSync(join(path, "cgroup.procs")));
	if (cgroups === undefined) throw new Error("This machine has no cgroups that a systemd could use.");
	const cgroup = join(cgroups, basename(folder.path));
	mkdirSync(cgroup);
	const child = startChild({
		command: ["sh", "-c", ENTER, "sh", cgroup, BOOT, "sh", root],
		logPath: join(folder.path, "systemd.log"),
	});
	const init = () => familyOf(child.pid).find(({ pid }) => commandOf(pid) === "systemd")?.pid;
	const run: FreshDebian["run"] = (script) => {
		const pid = init();
		if (pid === undefined) throw new Error(`Debian ${release} has ended.`);
		const within = [`--root=/proc/${pid}/root`, `--wd=/proc/${pid}/root/root`];
		return runToEnd(
			["nsenter", "-t", String(pid), "-m", "-p", "-n", "-u", "-i", "-C", ...within, "sh", "-c", script],
			{
				cwd: "/",
				env: {
					PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
					DEBIAN_FRONTEND: "noninteractive",
				},
			},
		);
	};
	const stop = async () => {
		await child.kill9();
		removeCgroup(cgroup);
		folder.remove();
	};
	try {
		const state = async () => (await run("systemctl is-system-running")).stdout.trim();
		await child.ready(async () => ["running", "degraded"].includes(await state()), 60_000);
	} catch (error) {
		await stop();
		throw error;
	}
	return { path: (inside) => join(root, inside), run, stop };
}

/** With those in it; a cgroup's own files go by themselves. */
function removeCgroup(path: string): void {
	for (const entry of readdirSync(path, { withFileTypes: true })) {
		if (entry.isDirectory()) removeCgroup(join(path, entry.name));
	}
	rmdirSync(path);
}

function commandOf(pid: number): string {
	try {
		return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
	} catch {
		return "";
	}
}
