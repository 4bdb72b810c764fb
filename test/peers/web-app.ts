/** What a browser gets of a Reveille's web app, held against what build/web.ts made. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const BUNDLE = join(import.meta.dir, "../../dist/web.json");

interface Served {
	/** Files that came packed, byte for byte as they are kept, and unpacked, as they are. */
	same: string[];
	/** All files of the bundle. */
	all: string[];
}

/** Asks for each file twice: packed, and not. @param url where that Reveille is */
export async function askForWebApp(url: string): Promise<Served> {
	const { files } = JSON.parse(readFileSync(BUNDLE, "utf8")) as { files: Record<string, { gzip: string }> };
	const same: string[] = [];
	for (const [path, { gzip }] of Object.entries(files)) {
		const kept = Buffer.from(gzip, "base64");
		const ask = async (accepted: string) => {
			const answer = await fetch(`${url}/app/${path}`, {
				headers: { "Accept-Encoding": accepted },
				decompress: false,
			});
			return {
				coding: answer.headers.get("Content-Encoding"),
				body: Buffer.from(await answer.arrayBuffer()),
			};
		};
		const packed = await ask("gzip");
		const plain = await ask("identity");
		const isSame = packed.coding === "gzip" && packed.body.equals(kept);
		if (isSame && plain.coding === null && plain.body.equals(gunzipSync(kept))) same.push(path);
	}
	return { same, all: Object.keys(files) };
}
