/**
 * `bun run deb`: Debian's package for this machine's architecture, or with `--target linux-arm64` for that one, as
 * `dist/reveille_VERSION_ARCHITECTURE.deb`. The same sources make the same bytes, in whatever folder.
 */
import { createHash } from "node:crypto";
import {
	chmodSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import packageJson from "../package.json" with { type: "json" };
import { SCRIPTS } from "../src/bun/commands/completion.ts";
import { buildBinary, isTarget, LIBRARY, type Target, targets } from "./binary.ts";
import { docsOf } from "./docs-pages.ts";
import { sourceDate } from "./epoch.ts";
import { licencesOf } from "./licences.ts";

const ROOT = join(import.meta.dir, "..");
const ARCHITECTURES: Record<Target, string> = { "linux-x64": "amd64", "linux-arm64": "arm64" };

/** Debian's revision is left out: the packaging comes with the program, and changes with it. */
const VERSION = packageJson.version;

/**
 * Level 6 takes 73 s where this one takes 12, and saves 11 % of 48 MB. One thread: the bytes do not depend on the cores.
 */
const COMPRESSION = ["-Zxz", "-z1", "--threads-max=1"];

/** What is in it, by its path; the folders come by themselves. */
interface Content {
	text: string | Uint8Array;
	mode: number;
}

export interface DebOptions {
	/** The folder that gets it. */
	out: string;
	target: Target;
	/** The time that everything in it bears, in seconds. */
	epoch: number;
	/** How dpkg-deb packs it. */
	compression?: readonly string[];
}

/**
 * Builds the binary and the package.
 * @returns the package's path
 * @throws with what dpkg-deb said
 */
export async function buildDeb(options: DebOptions): Promise<string> {
	const { out, target, epoch, compression = COMPRESSION } = options;
	const dpkgDeb = Bun.which("dpkg-deb");
	if (dpkgDeb === null)
		throw new Error("dpkg-deb is missing: it comes with the package dpkg, on Debian and others.");
	const architecture = ARCHITECTURES[target];
	const work = mkdtempSync(join(tmpdir(), "reveille-deb-"));
	try {
		const binary = join(work, "reveille");
		await buildBinary(binary, target, "beside");
		const program = { binary: readFileSync(binary), library: readFileSync(join(work, LIBRARY)) };
		const tree = join(work, "tree");
		write(tree, contentsOf(program, architecture, epoch), epoch);
		mkdirSync(out, { recursive: true });
		const made = join(out, `reveille_${VERSION}_${architecture}.deb`);
		const { success, stderr } = Bun.spawnSync(
			[dpkgDeb, "--root-owner-group", ...compression, "--build", tree, made],
			{ env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) }, stdout: "ignore" },
		);
		if (!success) throw new Error(stderr.toString());
		return made;
	} finally {
		rmSync(work, { recursive: true, force: true });
	}
}

/** All files of the package, those of dpkg itself too. */
function contentsOf(
	{ binary, library }: Readonly<Record<"binary" | "library", Uint8Array>>,
	architecture: string,
	epoch: number,
): ReadonlyMap<string, Content> {
	const date = new Date(epoch * 1000);
	const source = (name: string) => readFileSync(join(ROOT, "build", "debian", name), "utf8");
	const filled = (text: string, values: Record<string, string>) =>
		text.replace(/@([A-Z_]+)@/g, (_, name: string) => values[name] ?? "");
	const doc = "usr/share/doc/reveille";
	const installed: Record<string, Content> = {
		"usr/lib/reveille/reveille": { text: binary, mode: 0o755 },
		[`usr/lib/reveille/${LIBRARY}`]: { text: library, mode: 0o644 },
		"usr/bin/reveille": { text: source("reveille"), mode: 0o755 },
		"usr/lib/systemd/system/reveille.service": { text: unitOf(example("reveille.service")), mode: 0o644 },
		"etc/reveille/environment": { text: source("environment"), mode: 0o644 },
		"etc/reveille/reveille.toml": { text: commented(example("reveille.toml")), mode: 0o644 },
		"usr/share/bash-completion/completions/reveille": { text: `${SCRIPTS.bash}\n`, mode: 0o644 },
		"usr/share/zsh/vendor-completions/_reveille": { text: `${SCRIPTS.zsh}\n`, mode: 0o644 },
		"usr/share/fish/vendor_completions.d/reveille.fish": { text: `${SCRIPTS.fish}\n`, mode: 0o644 },
		"usr/share/man/man1/reveille.1.gz": packed(
			filled(source("reveille.1"), { VERSION, DATE: date.toISOString().slice(0, 10) }),
		),
		[`${doc}/copyright`]: {
			text: `${readFileSync(join(ROOT, "LICENSE"), "utf8")}\n${source("copyright")}`,
			mode: 0o644,
		},
		[`${doc}/third-party.txt.gz`]: packed(licencesOf(ROOT)),
		[`${doc}/changelog.gz`]: packed(changelogOf(date)),
		[`${doc}/CHANGELOG.md.gz`]: packed(readFileSync(join(ROOT, "CHANGELOG.md"), "utf8")),
		"usr/share/lintian/overrides/reveille": { text: source("lintian-overrides"), mode: 0o644 },
	};
	for (const [page, text] of docsOf(ROOT)) installed[`${doc}/docs/${page}`] = { text, mode: 0o644 };
	const paths = Object.keys(installed).sort();
	const sums = paths.map((path) => {
		const md5 = createHash("md5").update(installed[path]?.text ?? "");
		return `${md5.digest("hex")}  ${path}\n`;
	});
	const conffiles = paths.filter((path) => path.startsWith("etc/")).map((path) => `/${path}\n`);
	const kibibytes = paths.reduce(
		(sum, path) => sum + Math.ceil(sizeOf(installed[path]) / 1024),
		paths.length,
	);
	const control = filled(source("control"), {
		VERSION,
		ARCHITECTURE: architecture,
		INSTALLED_SIZE: String(kibibytes),
	});
	const script = (name: string) => ({ text: source(name), mode: 0o755 });
	return new Map(
		Object.entries({
			...installed,
			"DEBIAN/control": { text: control, mode: 0o644 },
			"DEBIAN/conffiles": { text: conffiles.join(""), mode: 0o644 },
			"DEBIAN/md5sums": { text: sums.join(""), mode: 0o644 },
			"DEBIAN/postinst": script("postinst"),
			"DEBIAN/prerm": script("prerm"),
			"DEBIAN/postrm": script("postrm"),
		}),
	);
}

const example = (name: string) => readFileSync(join(ROOT, "examples", name), "utf8");

const sizeOf = (content: Content | undefined) => Buffer.byteLength(content?.text ?? "");

/** gzip's own time is none. */
const packed = (text: string): Content => ({ text: Bun.gzipSync(text, { level: 9 }), mode: 0o644 });

/** Every line a comment. */
const commented = (toml: string) => toml.replace(/^(?!#|$)/gm, "# ");

/**
 * The unit of the examples, for the package's program and its user.
 * @throws when it has changed, so that nothing of it goes amiss
 */
export function unitOf(text: string): string {
	const changes: [RegExp, string][] = [
		[/^#[^[]*(?=\[Unit\])/, "# Of Debian's package. Changes: systemctl edit reveille\n\n"],
		[/^Documentation=/m, "Documentation=man:reveille(1) "],
		[/^ExecStart=.*$/m, "ExecStart=/usr/lib/reveille/reveille"],
		[/^# A user of its own.*\nDynamicUser=yes$/m, "User=reveille\nGroup=reveille"],
		// Here it lies beside the program.
		[/^# The binary puts libSQL's.*\n/m, ""],
	];
	return changes.reduce((unit, [from, to]) => {
		if (!from.test(unit))
			throw new Error(`examples/reveille.service lacks what build/deb.ts changes: ${from}`);
		return unit.replace(from, to);
	}, text);
}

function changelogOf(date: Date): string {
	const when = date.toUTCString().replace("GMT", "+0000");
	return [
		`reveille (${VERSION}) unstable; urgency=medium`,
		"",
		"  * The changes are in CHANGELOG.md.gz.",
		"",
		` -- The Reveille developers <developers@reveille.example>  ${when}`,
		"",
	].join("\n");
}

function write(tree: string, contents: ReadonlyMap<string, Content>, epoch: number): void {
	for (const [path, { text, mode }] of contents) {
		mkdirSync(dirname(join(tree, path)), { recursive: true });
		writeFileSync(join(tree, path), text);
		// Whatever the umask is.
		chmodSync(join(tree, path), mode);
	}
	for (const path of ["", ...(readdirSync(tree, { recursive: true }) as string[])]) {
		const whole = join(tree, path);
		if (lstatSync(whole).isDirectory()) chmodSync(whole, 0o755);
		utimesSync(whole, epoch, epoch);
	}
}

if (import.meta.main) {
	const { values } = parseArgs({
		options: {
			out: { type: "string", default: join(ROOT, "dist") },
			target: { type: "string", default: `linux-${process.arch}` },
		},
	});
	const { out, target } = values;
	if (!isTarget(target)) {
		console.error(`There is no package for ${target}: --target may be ${targets.join(" or ")}.`);
		process.exit(2);
	}
	const startedAt = performance.now();
	try {
		const made = await buildDeb({ out, target, epoch: sourceDate(ROOT) });
		const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
		console.log(`${made}: ${(statSync(made).size / 1e6).toFixed(0)} MB, in ${seconds} s`);
	} catch (error) {
		console.error(error instanceof AggregateError ? error.errors.join("\n") : String(error));
		process.exit(1);
	}
}
