import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareDataFolder, secretFile } from "../../src/bun/data-folder.ts";
import { StartError } from "../../src/bun/start-error.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "reveille-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;
const never = () => {
	throw new Error("must not be generated");
};

async function refusal(generate: () => string | Promise<string> = never, where = folder): Promise<string> {
	const error = await secretFile(where, "secret.key", generate).then(
		() => new Error("it was read"),
		(thrown: Error) => thrown,
	);
	expect(error).toBeInstanceOf(StartError);
	return error.message;
}

describe("the data folder", () => {
	test("is made with the folders above it, for its owner alone", () => {
		const path = join(folder, "a/b");
		prepareDataFolder(path);
		prepareDataFolder(path);
		expect(modeOf(path)).toBe(0o700);
	});

	test("that cannot be made is named, with the setting that moves it", () => {
		writeFileSync(join(folder, "file"), "");
		const preparing = () => prepareDataFolder(join(folder, "file/data"));
		expect(preparing).toThrow(StartError);
		expect(preparing).toThrow(/file\/data cannot be made: set DATA_DIR/);
	});
});

describe("a secret of the data folder", () => {
	test("is generated the first time, for its owner alone, and read from then on", async () => {
		expect(await secretFile(folder, "secret.key", () => "sesame")).toEqual({
			value: "sesame",
			created: true,
		});
		expect(modeOf(join(folder, "secret.key"))).toBe(0o600);
		expect(await secretFile(folder, "secret.key", never)).toEqual({ value: "sesame", created: false });
		expect(readdirSync(folder)).toEqual(["secret.key"]);
	});

	test("is one, of processes that start at the same time, and only one of them made it", async () => {
		const made = await Promise.all(
			Array.from({ length: 5 }, (_, n) => secretFile(folder, "secret.key", async () => `key ${n}`)),
		);
		expect(new Set(made.map(({ value }) => value)).size).toBe(1);
		expect(made.filter(({ created }) => created)).toHaveLength(1);
		expect(readdirSync(folder)).toEqual(["secret.key"]);
	});

	test.each([0o644, 0o640, 0o604, 0o620, 0o660])(
		"that others may read or write (%p) is refused, with the line that mends it",
		async (mode) => {
			const path = join(folder, "secret.key");
			writeFileSync(path, "sesame");
			chmodSync(path, mode);
			const message = await refusal();
			expect(message).toEndWith(`chmod 600 ${path}`);
			expect(message).not.toContain("sesame");
			chmodSync(path, 0o600);
			expect((await secretFile(folder, "secret.key", never)).value).toBe("sesame");
		},
	);

	test.each(["", "\n", "  \n\n"])(
		"that is empty (%j) is not replaced: a backup may have it",
		async (text) => {
			writeFileSync(join(folder, "secret.key"), text, { mode: 0o600 });
			expect(await refusal()).toContain("is empty: restore it from a backup");
			expect(readFileSync(join(folder, "secret.key"), "utf8")).toBe(text);
		},
	);

	test("that cannot be made is named, and leaves nothing half made behind", async () => {
		expect(await refusal(() => "sesame", join(folder, "gone"))).toContain(join(folder, "gone/secret.key"));
		expect(await refusal(() => Promise.reject(new Error("no randomness")))).toContain("no randomness");
		expect(readdirSync(folder)).toEqual([]);
	});
});
