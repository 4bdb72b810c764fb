import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { readKeyFiles } from "../../src/bun/environment.ts";
import { StartError } from "../../src/bun/start-error.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "reveille-test-"));
	writeFileSync(join(folder, "key"), "  sesame\n");
	writeFileSync(join(folder, "empty"), "\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NAMES = [
	"SECRET_KEY",
	"VAPID_PRIVATE_KEY",
	"APNS_CERT",
	"FCM_SERVICE_ACCOUNT",
	"DATA_DIR",
	"ADMIN_TOKEN",
];
const read = (env: Record<string, string | undefined>) => readKeyFiles(env, NAMES);

function refusal(env: Record<string, string>): string {
	try {
		read(env);
	} catch (error) {
		expect(error).toBeInstanceOf(StartError);
		return (error as Error).message;
	}
	throw new Error("it was read");
}

describe("settings that hold keys", () => {
	test.each(["SECRET_KEY", "VAPID_PRIVATE_KEY", "APNS_CERT", "FCM_SERVICE_ACCOUNT"])(
		"%s may name a file",
		(name) => {
			expect(read({ [name]: join(folder, "key") })[name]).toBe("sesame");
		},
	);

	test("may name it relative to the working directory, if it looks like a path", () => {
		const path = relative(process.cwd(), join(folder, "key"));
		expect(path).toStartWith("../");
		expect(read({ SECRET_KEY: path }).SECRET_KEY).toBe("sesame");
		expect(read({ SECRET_KEY: "key" }).SECRET_KEY).toBe("key");
	});

	test("may be the text itself, of more than one line too", () => {
		const pem = "-----BEGIN PRIVATE KEY-----\nMIG/\n-----END PRIVATE KEY-----";
		expect(read({ VAPID_PRIVATE_KEY: `${pem}\n` }).VAPID_PRIVATE_KEY).toBe(pem);
	});

	test("that name no file are refused by name; the value is not quoted, as it may be a key that begins with /", () => {
		const message = refusal({ SECRET_KEY: "/kT5u+9sesameInBase64=" });
		expect(message).toStartWith("SECRET_KEY ");
		expect(message).toContain("ENOENT");
		expect(message).not.toContain("sesame");
		expect(refusal({ SECRET_KEY: folder })).toContain("EISDIR");
	});

	test("that name an empty file are refused: unset, a new key would take the place of the one meant", () => {
		expect(refusal({ VAPID_PRIVATE_KEY: join(folder, "empty") })).toBe(
			"VAPID_PRIVATE_KEY names a file that is empty.",
		);
	});
});

test("other settings are what they say, paths included", () => {
	const path = join(folder, "key");
	expect(read({ DATA_DIR: path, ADMIN_TOKEN: path })).toMatchObject({ DATA_DIR: path, ADMIN_TOKEN: path });
});

test("white space around a value is dropped, what is not asked for is left out, and what is unset stays so", () => {
	expect(read({ DATA_DIR: " data ", HOME: "/root", SECRET_KEY: "" })).toEqual({
		...Object.fromEntries(NAMES.map((name) => [name, undefined])),
		DATA_DIR: "data",
		SECRET_KEY: "",
	});
});
