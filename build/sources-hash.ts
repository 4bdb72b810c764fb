/** By what is known that something was made of these sources. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * The hash of files, their names, and the Bun that makes something of them.
 * @param root the repository
 * @param paths from the root: files, and folders with all that is below them
 */
export function hashOfSources(root: string, paths: readonly string[]): string {
	const hash = createHash("sha256").update(Bun.version);
	for (const file of paths.flatMap((path) => filesBelow(root, path))) {
		const content = readFileSync(join(root, file));
		hash.update(`\0${file}\0${content.byteLength}\0`).update(content);
	}
	return hash.digest("hex");
}

/** @returns paths from the root, sorted; of a file its own */
function filesBelow(root: string, path: string): string[] {
	if (!statSync(join(root, path)).isDirectory()) return [path];
	return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name).slice(root.length).replace(/^\//, ""))
		.sort();
}
