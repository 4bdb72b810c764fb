/** Certificates that sign themselves, made by openssl: as small servers have them, and as they should not be. */

import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./folder.ts";

export interface SelfSigned {
	/** PEM. */
	key: string;
	cert: string;
	/** 64 hexadecimal digits. */
	sha256: string;
	/** A file with both. */
	path: string;
}

export interface SelfSignedOptions {
	/** What it is for; undefined: it has a common name alone, as stock ejabberd's. */
	host: string | undefined;
	/** YYYYMMDDhhmmssZ */
	from?: string;
	until?: string;
}

/** Makes some in a folder of their own. @returns them, and what removes the folder */
export function selfSigned(...wanted: SelfSignedOptions[]): { made: SelfSigned[]; remove(): void } {
	const folder = temporaryFolder("certificates");
	const made = wanted.map((options, index) => make(folder.path, `c${index}`, options));
	return { made, remove: folder.remove };
}

function make(
	folder: string,
	name: string,
	{ host, from = "20200101000000Z", until = "20991231235959Z" }: SelfSignedOptions,
): SelfSigned {
	const openssl = (...args: string[]) => {
		const { exitCode, stderr } = Bun.spawnSync(["openssl", ...args], { cwd: folder });
		if (exitCode !== 0) throw new Error(String(stderr));
	};
	writeFileSync(
		join(folder, `${name}.cnf`),
		`[ca]\ndefault_ca = own\n[own]\ndatabase = ${name}.index\nnew_certs_dir = .\nrand_serial = yes\ndefault_md = sha256\npolicy = any\ncopy_extensions = copy\n[any]\ncommonName = supplied\n`,
	);
	writeFileSync(join(folder, `${name}.index`), "");
	openssl(
		...[
			"req",
			"-newkey",
			"ec",
			"-pkeyopt",
			"ec_paramgen_curve:P-256",
			"-nodes",
			"-subj",
			// X.520 allows no longer one.
			`/CN=${(host ?? "any").slice(0, 64)}`,
		],
		...(host === undefined ? [] : ["-addext", `subjectAltName=DNS:${host}`]),
		...["-keyout", `${name}.key`, "-out", `${name}.csr`],
	);
	openssl(
		...["ca", "-batch", "-notext", "-selfsign", "-config", `${name}.cnf`, "-keyfile", `${name}.key`],
		...["-in", `${name}.csr`, "-out", `${name}.pem`, "-startdate", from, "-enddate", until],
	);
	const [key, cert] = ["key", "pem"].map((end) => readFileSync(join(folder, `${name}.${end}`), "utf8"));
	const path = join(folder, `${name}.both.pem`);
	writeFileSync(path, `${cert}${key}`);
	const sha256 = new X509Certificate(cert ?? "").fingerprint256.replaceAll(":", "").toLowerCase();
	return { key: key ?? "", cert: cert ?? "", sha256, path };
}
