/**
 * The documents as a site: `bun run docs`. The pages are README.md, docs/ and the other Markdown files at the root, as
 * they are. A link that leads nowhere fails the build; files that the pages link to, and that are no pages, come with.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { defineConfig, type Plugin } from "vitepress";
import { pagesOf } from "./index-of-pages.ts";
import { slugOf } from "./slug.ts";

const SITE = join(import.meta.dirname, "..");
const ROOT = join(SITE, "..");

/** Files of the repository that pages link to, from ROOT. */
const linkedFiles = new Set<string>();

/** @returns a file of the repository that is no page, from ROOT; undefined: the link leads elsewhere */
function fileOf(href: string, page: string): string | undefined {
	if (/^(\w+:|#|\/)/.test(href)) return undefined;
	const path = join(dirname(page), decodeURI(href).replace(/#.*/, ""));
	const isFile = !path.endsWith(".md") && existsSync(path) && statSync(path).isFile();
	return isFile ? relative(ROOT, path) : undefined;
}

/** The pages are compiled to Vue's components, and stand outside of the folder where Vue is installed. */
const vueForPages: Plugin = {
	name: "vue-for-pages",
	enforce: "pre",
	resolveId(id, importer, options) {
		if (!/^vue(\/|$)/.test(id) || importer === undefined || importer.startsWith(SITE)) return null;
		return this.resolve(id, join(SITE, "package.json"), { ...options, skipSelf: true });
	},
};

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

export default defineConfig({
	title: "Reveille",
	description: "An XEP-0357 push app server that wakes sleeping XMPP apps",
	lang: "en",
	srcDir: "..",
	srcExclude: ["site/**", "test/**", "bench/**", "dist/**", "data/**", "examples/**"],
	rewrites: { "README.md": "index.md" },
	cleanUrls: false,
	// It is served from any folder of any host, or from none.
	base: process.env.DOCS_BASE ?? "/",
	head: [["link", { rel: "icon", type: "image/svg+xml", href: `${process.env.DOCS_BASE ?? "/"}logo.svg` }]],
	markdown: {
		anchor: { slugify: slugOf },
		config(md) {
			const pageLink = md.renderer.rules.link_open;
			md.renderer.rules.link_open = (tokens, index, options, env, self) => {
				const token = tokens[index];
				const href = token?.attrGet("href") ?? "";
				const file = fileOf(href, env.realPath ?? env.path);
				if (!token || file === undefined) {
					if (/(^|\/)README\.md($|#)/.test(href))
						token?.attrSet("href", href.replace("README.md", "index.md"));
					return pageLink?.(tokens, index, options, env, self) ?? self.renderToken(tokens, index, options);
				}
				linkedFiles.add(file);
				// Not a page of the site's own router.
				token.attrSet("target", "_self");
				return self.renderToken(tokens, index, options);
			};
		},
	},
	buildEnd({ outDir }) {
		for (const file of linkedFiles) {
			mkdirSync(dirname(join(outDir, file)), { recursive: true });
			cpSync(join(ROOT, file), join(outDir, file));
		}
	},
	// Not taken from outside: with the tests' own copy of it around, it is not found as it is asked for.
	vite: { publicDir: join(SITE, "public"), plugins: [vueForPages], ssr: { noExternal: ["entities"] } },
	themeConfig: {
		logo: "/logo.svg",
		search: { provider: "local" },
		outline: { level: [2, 3] },
		sidebar: pagesOf(readFileSync(join(ROOT, "README.md"), "utf8")).map(({ reader, pages }) => ({
			text: `For ${reader}`,
			items: pages.map(({ title, path }) => ({
				text: capitalised(title),
				link: `/${path.replace(/\.md$/, "")}`,
			})),
		})),
		nav: [
			{ text: "First steps", link: "/docs/first-steps" },
			{ text: "Configuration", link: "/docs/configuration" },
			{ text: "Troubleshooting", link: "/docs/troubleshooting" },
		],
	},
});
