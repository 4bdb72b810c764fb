/** The README promises what is there. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import packageJson from "../package.json" with { type: "json" };
import { AppsError, parseApps } from "../src/apps.ts";
import { settingNames } from "../src/settings.ts";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const readme = read("README.md");

test("its table of settings has each setting, and no other", () => {
	const section = readme.slice(readme.indexOf("## Settings"), readme.indexOf("## Push services"));
	const rows = section.split("\n").filter((line) => line.startsWith("| `"));
	const named = rows.flatMap((row) =>
		[...(row.split("|")[1] ?? "").matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name),
	);
	expect(named.toSorted()).toEqual(settingNames.toSorted());
});

test("its table of an app's fields has each field, and no other", () => {
	const section = readme.slice(readme.indexOf("| field of `[[app]]`"), readme.indexOf("## Push services"));
	const rows = section.slice(0, section.indexOf("\n\n")).split("\n");
	const named = rows.flatMap((row) => {
		const [, field = "", , what = ""] = row.split("|");
		// Entra's stand beside the Store's.
		const instead = /or at Entra: (.*)/.exec(what)?.[1] ?? "";
		return [...`${field}${instead}`.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name ?? "");
	});
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
	const known = ["apns", "fcm", "webpush", "ubuntu", "wns"].flatMap(fieldsOf);
	expect([...new Set(named)].toSorted()).toEqual([...new Set(known)].toSorted());
});

test("its commands name the Bun that CI runs and the package asks for", () => {
	const pinned = packageJson.engines.bun.replace(">=", "");
	const named = [...`${readme}${read(".ci/run")}`.matchAll(/bun@([\d.]+)/g)].map(([, version]) => version);
	expect(named.length).toBeGreaterThan(3);
	expect(new Set(named)).toEqual(new Set([pinned]));
});

test("each command it names is a script of the package", () => {
	const scripts = [...readme.matchAll(/bun(?:@[\d.]+)? run ([a-z]+)/g)].map(([, script]) => script);
	expect(scripts.length).toBeGreaterThan(3);
	for (const script of scripts) expect(Object.keys(packageJson.scripts)).toContain(script ?? "");
});
