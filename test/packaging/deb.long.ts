/** Debian's package on fresh minimal Debians with a running systemd: installed, upgraded, brought back, purged. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { buildBinary } from "../../build/binary.ts";
import { buildDeb } from "../../build/deb.ts";
import { sourceDate } from "../../build/epoch.ts";
import packageJson from "../../package.json" with { type: "json" };
import { ROOT } from "../files.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { bootFreshDebian, type FreshDebian, type Release } from "../peers/fresh-debian.ts";
import { ensurePeers } from "../peers/install.ts";

const folder = temporaryFolder("deb");
/** Packed in a moment: what is inside is the same. */
const FAST = ["-Zgzip", "-z1"];
const EARLIER = "0.0.9";

const target = process.arch === "arm64" ? "linux-arm64" : "linux-x64";
let now: string;
let earlier: string;
beforeAll(async () => {
	await ensurePeers(["lintian"], console.log);
	now = await buildDeb({ out: folder.path, target, epoch: sourceDate(ROOT), compression: FAST });
	earlier = earlierThan(now);
}, 600_000);
afterAll(() => folder.remove());

/** The same package with a lower version, and with settings that read otherwise: as the one before may have been. */
function earlierThan(deb: string): string {
	const tree = join(folder.path, "earlier");
	const made = deb.replace(packageJson.version, EARLIER);
	run(["dpkg-deb", "-R", deb, tree]);
	const rewrite = (path: string, change: (text: string) => string) =>
		writeFileSync(join(tree, path), change(readFileSync(join(tree, path), "utf8")));
	rewrite("DEBIAN/control", (text) => text.replace(/^Version: .*$/m, `Version: ${EARLIER}`));
	rewrite("etc/reveille/environment", (text) => `# Of the version before.\n${text}`);
	run(["dpkg-deb", "--root-owner-group", ...FAST, "-b", tree, made]);
	rmSync(tree, { recursive: true });
	return made;
}

function run(command: string[]): string {
	const { success, stdout, stderr } = Bun.spawnSync(command);
	if (!success) throw new Error(`${command.join(" ")}\n${stdout}${stderr}`);
	return stdout.toString();
}

test("lintian finds nothing but what the package explains", () => {
	const said = run(["lintian", "--allow-root", "--fail-on", "error,warning", now]);
	expect(said).toBe("");
}, 120_000);

const running: FreshDebian[] = [];
afterEach(async () => {
	for (const debian of running.splice(0)) await debian.stop();
}, 60_000);

/** Boots one, with both packages in /root. */
async function debianWithPackages(release: Release) {
	const debian = await bootFreshDebian(release);
	running.push(debian);
	for (const deb of [now, earlier]) copyFileSync(deb, debian.path(`root/${basename(deb)}`));
	/** @returns what it printed. @throws when it fails */
	async function sh(script: string): Promise<string> {
		const { stdout, stderr, code } = await debian.run(script);
		if (code !== 0) throw new Error(`${script}\n${stdout}${stderr}`);
		return stdout.trim();
	}
	return {
		...debian,
		sh,
		/** apt finds nothing to ask: its standard input is empty. */
		install: (deb: string, ...options: string[]) =>
			sh(`apt-get install -q -y --no-install-recommends ${options.join(" ")} /root/${basename(deb)} 2>&1`),
		state: async () => (await debian.run("systemctl is-active reveille")).stdout.trim(),
		pid: () => sh("systemctl show -P MainPID reveille"),
		version: () => sh("reveille --version"),
		/** Resolves when it serves. */
		serves: () =>
			sh(
				"for i in $(seq 100); do reveille health 2>/dev/null && exit; sleep 0.1; done; journalctl -u reveille -n 20; exit 1",
			),
		databaseId: () => sh("cat /var/lib/reveille/database-id"),
	};
}

describe.each<Release>(["bookworm", "trixie"])("on a fresh %s", (release) => {
	test("it is installed, upgraded, brought back, removed and purged", async () => {
		const { sh, path, install, state, pid, serves, databaseId } = await debianWithPackages(release);
		const { run: attempt } = running[0] as FreshDebian;

		await install(earlier);
		await serves();
		expect(await state()).toBe("active");
		expect(await sh("systemctl is-enabled reveille")).toBe("enabled");
		expect(await sh("getent passwd reveille | cut -d: -f1,6,7")).toBe(
			"reveille:/var/lib/reveille:/usr/sbin/nologin",
		);
		const modes = "stat -c '%a %U:%G %n' /etc/reveille /var/lib/reveille /var/lib/reveille/secret.key";
		expect(await sh(modes)).toBe(
			[
				"750 root:reveille /etc/reveille",
				"700 reveille:reveille /var/lib/reveille",
				"600 reveille:reveille /var/lib/reveille/secret.key",
			].join("\n"),
		);

		// An operator's changes, and what the service keeps.
		await sh("echo LOG_LEVEL=debug >> /etc/reveille/environment");
		await sh("echo '# Ours.' >> /etc/reveille/reveille.toml");
		const id = await databaseId();
		const before = await pid();
		await install(now, "-o Dpkg::Options::=--force-confold");
		await serves();
		expect(await pid()).not.toBe(before);
		expect(await databaseId()).toBe(id);
		expect(await sh("tail -n 1 /etc/reveille/environment /etc/reveille/reveille.toml")).toContain(
			"LOG_LEVEL=debug\n",
		);
		expect(await sh("tail -n 1 /etc/reveille/reveille.toml")).toBe("# Ours.");
		expect(existsSync(path("etc/reveille/environment.dpkg-dist"))).toBe(true);
		expect(await sh('tr "\\0" "\\n" < /proc/$(systemctl show -P MainPID reveille)/environ')).toContain(
			"LOG_LEVEL=debug",
		);

		await install(earlier, "--allow-downgrades", "-o Dpkg::Options::=--force-confold");
		await serves();
		expect(await sh("dpkg -s reveille | grep ^Version")).toBe(`Version: ${EARLIER}`);
		expect(await databaseId()).toBe(id);

		// Whoever has disabled it finds it disabled.
		await sh("systemctl disable --now reveille 2>&1");
		await install(now, "-o Dpkg::Options::=--force-confold");
		expect((await attempt("systemctl is-enabled reveille")).stdout.trim()).toBe("disabled");
		expect(await state()).toBe("inactive");
		await sh("systemctl enable --now reveille 2>&1");
		await serves();

		await sh("apt-get remove -q -y reveille 2>&1");
		expect((await attempt("pgrep -u reveille")).stdout).toBe("");
		expect(await databaseId()).toBe(id);
		expect(await sh("tail -n 1 /etc/reveille/reveille.toml")).toBe("# Ours.");
		await install(now, "-o Dpkg::Options::=--force-confold");
		await serves();
		expect(await databaseId()).toBe(id);

		expect(await sh("apt-get purge -q -y reveille 2>&1")).not.toMatch(/warning|error|fail/i);
		expect((await attempt("getent passwd reveille; getent group reveille")).stdout).toBe("");
		const left = "find / -xdev -name '*reveille*' -not -path '/root/*' -not -path '/var/log/*'";
		expect(await sh(left)).toBe("");
	}, 300_000);

	test("systemd runs the unit as its user under its filters, and finds no fault with it", async () => {
		const { sh, install, pid, serves } = await debianWithPackages(release);
		await install(now);
		await serves();
		expect(await sh("dpkg --verify reveille")).toBe("");
		// Its manual is there, and the program that shows it is not, in a minimal Debian.
		expect(await sh("systemd-analyze verify --man=no /usr/lib/systemd/system/reveille.service 2>&1")).toBe(
			"",
		);
		const security = await sh("systemd-analyze security --no-pager reveille");
		const [, exposure = "10"] = /exposure level for reveille.service: ([\d.]+)/.exec(security) ?? [];
		console.log(`${release}: systemd-analyze security says ${exposure}`);
		expect(Number(exposure)).toBeLessThanOrEqual(1.5);
		const status = await sh(`cat /proc/${await pid()}/status`);
		const uid = await sh("id -u reveille");
		expect(status).toContain(`\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
		// 2: system calls are filtered.
		expect(status).toMatch(/\nNoNewPrivs:\t1\n(.*\n)*Seccomp:\t2\n/);
		expect(status).toMatch(/\nCapEff:\t0+\n/);
		const ready = `exec 3<>/dev/tcp/127.0.0.1/5357; printf 'GET /ready HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3; cat <&3`;
		expect(await sh(`bash -c "${ready}"`)).toContain('"database":"ok"');
		// What needs a process of its own, and a signal, gets through the filters too.
		await sh("systemctl reload reveille");
		await sh(
			"for i in $(seq 100); do journalctl -u reveille | grep -q 'Reloaded. Apps that changed: none' && exit; sleep 0.1; done; exit 1",
		);
		await sh("install -d -o reveille -m 700 /var/backups/reveille");
		expect(await sh("reveille backup /var/backups/reveille/one")).toContain("reveille.db, secret.key");
		expect(await sh("stat -c '%a %U' /var/backups/reveille/one/reveille.db")).toBe("600 reveille");
		// It was restarted by nobody.
		expect(await sh("systemctl show -P NRestarts reveille")).toBe("0");
	}, 120_000);

	test("the binary alone runs under the example's unit, by the lines in its head", async () => {
		const { sh, path, pid, serves } = await debianWithPackages(release);
		const unit = readFileSync(join(ROOT, "examples/reveille.service"), "utf8");
		const lines = [...unit.matchAll(/^# {3}((?:bun run build && )?install .*)$/gm)].map(([, line = ""]) =>
			line.replace("bun run build && ", ""),
		);
		expect(lines).toHaveLength(3);
		await sh("mkdir dist examples");
		await buildBinary(path("root/dist/reveille"), target, "inside");
		writeFileSync(path("root/examples/reveille.service"), unit);
		await sh(`exec 2>&1\n${lines.join("\n")}`);
		await serves();
		expect(await sh("systemd-analyze verify /etc/systemd/system/reveille.service 2>&1")).toBe("");
		const [uid] = /(?<=^Uid:\t)\d+/m.exec(await sh(`cat /proc/${await pid()}/status`)) ?? [];
		// The range of users that systemd makes up for a while.
		expect(Number(uid)).toBeGreaterThanOrEqual(61_184);
		expect(await sh("stat -L -c '%a %u' /var/lib/reveille")).toBe(`700 ${uid}`);
		expect(await sh("systemctl show -P NRestarts reveille")).toBe("0");
	}, 120_000);

	test("the command has the service's settings, and is its user", async () => {
		const { sh, install, serves } = await debianWithPackages(release);
		const { run: attempt } = running[0] as FreshDebian;
		await install(now);
		await serves();
		const lines = [
			"# A comment.",
			"; Another.",
			"",
			"T_BARE=a$b;c#d&e",
			"  T_SPACES=lead and trail  ",
			`T_SINGLE='a b"c$d \\ e'`,
			'T_DOUBLE="x # y"',
			"T_EMPTY=",
			"T_QUOTED=''",
			'T_EQUALS=a="b" ',
		];
		await sh(`cat >> /etc/reveille/environment <<'LINES'\n${lines.slice(0, -1).join("\n")}\nLINES`);
		await sh("systemctl restart reveille");
		await serves();
		// In the place of the program that makes it the service's user.
		await sh("mkdir fake; printf '#!/bin/sh\\nexec env\\n' > fake/setpriv; chmod +x fake/setpriv");
		const sorted = (text: string) =>
			text
				.split("\n")
				.filter((line) => /^(T_|DATA_DIR)/.test(line))
				.sort();
		const service = sorted(await sh('tr "\\0" "\\n" < /proc/$(systemctl show -P MainPID reveille)/environ'));
		expect(service).toHaveLength(7);
		expect(sorted(await sh("PATH=/root/fake:$PATH reveille token"))).toEqual(service);

		expect(await sh("reveille token")).toMatch(/^[\w-]{43}/);
		await sh("install -d -o reveille -m 700 /var/backups/reveille");
		expect(await sh("reveille backup /var/backups/reveille/first")).toContain("secret.key");
		// All is still the service's: nothing was written as root.
		expect(await sh("find /var/lib/reveille /var/backups/reveille ! -user reveille")).toBe("");
		// Others get no settings and no data.
		const nobody = "setpriv --reuid=nobody --regid=nogroup --clear-groups";
		expect(await sh(`cd /; ${nobody} reveille --version`)).toBe(packageJson.version);
		expect((await attempt(`${nobody} cat /etc/reveille/environment`)).code).not.toBe(0);

		await sh(`cat >> /etc/reveille/environment <<'LINES'\n${lines.at(-1)}\nLINES`);
		const refused = await attempt("reveille token");
		expect(refused.stderr).toMatch(/^\/etc\/reveille\/environment, line \d+: put the value between single/);
		expect(refused.code).toBe(1);
	}, 120_000);
});
