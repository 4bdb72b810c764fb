/** The documents promise what is there, name what there is, and stay short. */
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { CONFIGURATION_PAGE, configurationPage, sentenceOf } from "../build/configuration-page.ts";
import { METRICS_PAGE, metricsPage } from "../build/metrics-page.ts";
import { performancePages } from "../build/performance-page.ts";
import packageJson from "../package.json" with { type: "json" };
import { pagesOf } from "../site/.vitepress/index-of-pages.ts";
import { commands as typed } from "../src/bun/commands/application.ts";
import { AppsError, parseApps } from "../src/config/apps.ts";
import { settingNames } from "../src/config/settings.ts";
import { METRICS } from "../src/connector/metric-list.ts";
import { SERVICE_NAMES } from "../src/services/registry.ts";
import { SETTINGS as CONVERSE_SETTINGS } from "../src/web/site/converse-plugin.ts";
import { PUSH_ERROR_CODES } from "../src/web/site/push-error.ts";
import { anchorsOf, codeOf, linksOf, PAGES, page, ROOT, targetOf, wordsOf } from "./pages.ts";

/** Those that people write, for readers of today. */
const WRITTEN = PAGES.filter(
	({ path }) => !["CHANGELOG.md", "docs/bounds.md", "docs/messages.md"].includes(path),
);
const CODE = WRITTEN.flatMap(codeOf);

/** Everything that a pattern's first group finds in all code of the pages. */
const named = (pattern: RegExp) =>
	new Set(CODE.flatMap((code) => [...code.matchAll(pattern)].map(([, name = ""]) => name)));

describe("links", () => {
	const links = PAGES.flatMap((from) => linksOf(from).map((href) => ({ from, href })));
	const inside = links
		.filter(({ href }) => !/^\w+:/.test(href))
		.map(({ from, href }) => ({ ...targetOf(href, from), shown: `${from.path}: ${href}` }));

	test("lead to files that are there", () => {
		expect(inside.length).toBeGreaterThan(100);
		expect(inside.filter(({ path }) => !existsSync(join(ROOT, path))).map(({ shown }) => shown)).toEqual([]);
	});

	test("lead to headings that are there", () => {
		const isThere = ({ path, anchor }: (typeof inside)[number]) => {
			const target = PAGES.find((one) => one.path === path);
			return anchor === undefined || (target !== undefined && anchorsOf(target).includes(anchor));
		};
		expect(inside.filter((link) => !isThere(link)).map(({ shown }) => shown)).toEqual([]);
	});

	test("to others are encrypted", () => {
		expect(links.map(({ href }) => href).filter((href) => href.startsWith("http:"))).toEqual([]);
	});

	test("lead from the README to every page, and to every picture from some page", () => {
		const indexed = pagesOf(page("README.md").text).flatMap(({ pages }) => pages.map(({ path }) => path));
		expect(indexed.toSorted()).toEqual(
			PAGES.map(({ path }) => path)
				.filter((path) => path !== "README.md")
				.toSorted(),
		);
		const pictures = readdirSync(join(ROOT, "docs/pictures")).map((name) => `docs/pictures/${name}`);
		const shown = new Set(inside.map(({ path }) => path));
		expect(pictures.filter((path) => !shown.has(path))).toEqual([]);
	});
});

describe("settings", () => {
	/** Of other programs and protocols, and codes of errors. */
	const OTHERS = new Set(
		[
			"HTTPS_PROXY HTTP_PROXY ALL_PROXY NO_PROXY NODE_EXTRA_CA_CERTS SSL_CERT_FILE NODE_TLS_REJECT_UNAUTHORIZED",
			"BUN_OPTIONS REVEILLE_CHROOT BENCH_PROFILE MOD_PUSH_APPSERVER DEVICE_SECRET FORM_TYPE",
			"ERR_PROXY_TUNNEL SELF_SIGNED_CERT_IN_CHAIN DEPTH_ZERO_SELF_SIGNED_CERT UNABLE_TO_VERIFY_LEAF_SIGNATURE",
			"ERR_TLS_CERT_ALTNAME_INVALID CERT_HAS_EXPIRED WRONG_VERSION_NUMBER",
		].flatMap((line) => line.split(" ")),
	);

	test("that the pages name exist", () => {
		const names = [...named(/(?<![\w*])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?![\w])/g)];
		expect(names.length).toBeGreaterThan(50);
		const known = (name: string) => (settingNames as readonly string[]).includes(name) || OTHERS.has(name);
		expect(names.filter((name) => !known(name))).toEqual([]);
	});

	test("have a page that is made from their schema: bun run generate writes it", () => {
		expect(readFileSync(join(ROOT, CONFIGURATION_PAGE), "utf8")).toBe(configurationPage());
	});

	test("have a row each on that page, and no other has", () => {
		const rows = page(CONFIGURATION_PAGE).text.matchAll(/^\| `([A-Z0-9_]+)` \|/gm);
		expect([...rows].map(([, name = ""]) => name).toSorted()).toEqual(settingNames.toSorted());
	});

	test("have a sentence each, with brackets around the default alone", () => {
		for (const name of settingNames) {
			const { sentence } = sentenceOf(name);
			expect(`${name}: ${sentence}`).toMatch(/: [^\s(][^()]*[^\s.(]$/);
		}
	});

	/** The fields in the rows of a page's table of an app's fields. */
	const fieldsIn = (path: string) => {
		const { text } = page(path);
		const start = text.indexOf("| field of `[[app]]`");
		if (start < 0) return [];
		const section = text.slice(start);
		return section
			.slice(0, section.indexOf("\n\n"))
			.split("\n")
			.flatMap((row) => {
				const [, field = "", , what = ""] = row.split("|");
				// Entra's stand beside the Store's.
				const instead = /or at Entra: (.*)/.exec(what)?.[1] ?? "";
				return [...`${field}${instead}`.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name ?? "");
			});
	};
	/** The page of a push service that has one of its own. */
	const pageOf = (service: string) => PAGES.find(({ path }) => path === `docs/${service}.md`)?.path;

	test("of an app have a row each, in the table of all apps or on their service's page, and no other has", () => {
		const fields = [
			...fieldsIn("docs/reveille-toml.md"),
			...SERVICE_NAMES.flatMap((name) => fieldsIn(pageOf(name) ?? "docs/push-services.md")),
		];
		/** What parsing says it knows, once it meets what it does not. */
		const fieldsOf = (service: string) => {
			try {
				parseApps([{ name: "a", service, "no such field": 1 }], "APPS", false);
				return [];
			} catch (error) {
				if (!(error instanceof AppsError)) throw error;
				return /known are (.*)\.$/.exec(error.message)?.[1]?.split(", ") ?? [];
			}
		};
		const known = SERVICE_NAMES.flatMap(fieldsOf);
		expect([...new Set(fields)].toSorted()).toEqual([...new Set(known)].toSorted());
	});
});

test("metrics have a row each on the page for operators, and no other has", () => {
	const rows = page(METRICS_PAGE).text.matchAll(/^\| `(reveille_\w+)(?:\{[\w,]+\})?` \|/gm);
	expect([...rows].map(([, name = ""]) => name).toSorted()).toEqual(Object.keys(METRICS).toSorted());
});

test("the performance pages are made from what the benchmark wrote last: bun run generate writes them", () => {
	for (const [path, text] of performancePages()) expect(readFileSync(join(ROOT, path), "utf8")).toBe(text);
});

test("metrics and alerts have a page that is made from the list and the rules: bun run generate writes it", () => {
	expect(readFileSync(join(ROOT, METRICS_PAGE), "utf8")).toBe(metricsPage());
});

test("every push service is told of, on the page of all or on its own", () => {
	const { text } = page("docs/push-services.md");
	const isTold = (name: string) =>
		text.includes(`| \`${name}\` |`) || PAGES.some(({ path }) => path === `docs/${name}.md`);
	expect(SERVICE_NAMES.filter((name) => !isTold(name))).toEqual([]);
});

test("metrics that the pages name exist", () => {
	const names = [...named(/\b(reveille_\w*[a-z])\b/g)];
	expect(names.length).toBeGreaterThan(10);
	const isOurs = (name: string) => name in METRICS || name in CONVERSE_SETTINGS;
	expect(names.filter((name) => !isOurs(name))).toEqual([]);
});

test("settings of the plug-in for Converse.js have a row on the page for sites, and no other has", () => {
	const [, section = ""] = page("docs/sites.md").text.split("## Converse.js\n");
	const rows = [...section.matchAll(/^\| (`reveille.*?`) \|/gm)].map(([, cell = ""]) => cell);
	const names = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name));
	expect(names.toSorted()).toEqual(Object.keys(CONVERSE_SETTINGS).toSorted());
});

test("errors of the kit for sites have a row on the page for sites, and no other has", () => {
	const [, section = ""] = page("docs/sites.md").text.split("## Errors\n");
	const [table = ""] = section.split("\n## ");
	const cells = [...table.matchAll(/^\| (`.*?`) \|/gm)].map(([, cell = ""]) => cell);
	const codes = cells.flatMap((cell) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, code = ""]) => code));
	expect(codes.toSorted()).toEqual([...PUSH_ERROR_CODES].toSorted());
});

describe("commands", () => {
	const scripts = Object.keys(packageJson.scripts);
	const commands = typed.map(({ name }) => name);

	test("that the pages name are scripts of the package, and every script is named", () => {
		const names = named(/\bbun(?:@[\d.]+)? run ([a-z][a-z:]*)/g);
		expect([...names].filter((name) => !scripts.includes(name))).toEqual([]);
		// What the others begin with is not for people.
		expect(scripts.filter((name) => !name.startsWith("setup") && !names.has(name))).toEqual([]);
	});

	test("of Reveille that the pages name exist, and each is named", () => {
		expect(commands.length).toBeGreaterThan(3);
		const names = new Set([...named(/\breveille ([a-z]+)\b/g), ...named(/\brun start ([a-z]+)\b/g)]);
		expect([...names].toSorted()).toEqual(commands.toSorted());
	});

	test("name the Bun that CI runs and the package asks for", () => {
		const pinned = packageJson.engines.bun.replace(">=", "");
		const ci = readFileSync(join(ROOT, ".ci/run"), "utf8");
		const texts = [ci, ...WRITTEN.map(({ text }) => text)].join("\n");
		const versions = [...texts.matchAll(/bun@([\d.]+)/g)].map(([, version]) => version);
		expect(versions.length).toBeGreaterThan(3);
		expect(new Set(versions)).toEqual(new Set([pinned]));
	});
});

describe("files", () => {
	test("that the pages name in code are there", () => {
		const paths = named(/^((?:src|test|docs|examples|build|bench|drizzle)\/[\w./-]*)$/g);
		expect([...paths].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
	});

	test("of examples/ are linked from a page each", () => {
		const linked = new Set(PAGES.flatMap((from) => linksOf(from).map((href) => targetOf(href, from).path)));
		const examples = readdirSync(join(ROOT, "examples"), { recursive: true, withFileTypes: true })
			.filter((entry) => entry.isFile() && !entry.name.endsWith(".md"))
			.map(({ parentPath, name }) => relative(ROOT, join(parentPath, name)));
		expect(examples.filter((path) => !linked.has(path))).toEqual([]);
	});
});

describe("length", () => {
	test("the README has less than 1,100 words", () => {
		expect(wordsOf(page("README.md"))).toBeLessThan(1100);
	});

	test("a page has less than 1,500", () => {
		const long = WRITTEN.filter((one) => wordsOf(one) >= 1500);
		expect(long.map((one) => `${one.path}: ${wordsOf(one)}`)).toEqual([]);
	});

	test("a page of docs/ says at once for whom it is", () => {
		const pages = WRITTEN.filter(({ path }) => path.startsWith("docs/"));
		expect(pages.filter(({ text }) => !/^# .+\n\nFor /.test(text)).map(({ path }) => path)).toEqual([]);
	});
});
