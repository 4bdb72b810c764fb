/** What is said of deploying the edge's entry. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import packageJson from "../package.json" with { type: "json" };
import { parseConfig } from "../src/config/config.ts";
import { settingNames } from "../src/config/settings.ts";
import { deployment } from "./peers/workerd.ts";

const wrangler = readFileSync(new URL("../wrangler.toml", import.meta.url), "utf8");
/** Settings that stand there as examples, and those that are to be put in as secrets. */
const examples = [...wrangler.matchAll(/^# ([A-Z_]+) = "/gm)].map(([, name = ""]) => name);
const secrets = [...wrangler.matchAll(/^# {3}([A-Z_]+) /gm)].map(([, name = ""]) => name);
const PUBLIC_KEY = "B".repeat(87);

test("wrangler.toml deploys what the script makes, with the Bun that the package asks for", () => {
	const pinned = packageJson.engines.bun.replace(">=", "");
	expect(deployment.build.command).toBe(`npx --yes bun@${pinned} run edge`);
	expect(packageJson.scripts.edge).toEndWith(`--outfile ${deployment.main}`);
});

test("wrangler.toml names settings that there are, and all that the edge cannot do without", () => {
	const named = [...Object.keys(deployment.vars), ...examples, ...secrets];
	expect(secrets.length).toBeGreaterThan(2);
	expect(named.filter((name) => !settingNames.some((known) => known === name))).toEqual([]);
	const given = Object.fromEntries(secrets.map((name) => [name, "a-text-of-at-least-thirty-two-characters"]));
	const config = parseConfig({ ...deployment.vars, ...given, VAPID_PUBLIC_KEY: PUBLIC_KEY, ROLE: "http" });
	expect(config.pushAddress).toBe(deployment.vars.XMPP_ADDRESS ?? "");
});
