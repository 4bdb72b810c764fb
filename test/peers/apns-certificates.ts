/**
 * Certificates for a double of APNs: an authority of its own, the server's, and one as Apple gives to an app.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./folder.ts";

/** A certificate and its private key, PEM. */
export interface Identity {
	cert: string;
	key: string;
}

/** All that a double needs. */
export interface Certificates {
	/** The authority that signed the others, PEM. */
	ca: string;
	/** For `localhost`. */
	server: Identity;
	/** Whoever shows it may send for the topic. */
	client: Identity;
}

/** Makes them with openssl. @param topic the bundle id in the client's certificate */
export async function makeCertificates(topic: string): Promise<Certificates> {
	const folder = temporaryFolder("apns");
	const file = (name: string) => join(folder.path, name);
	const text = (name: string) => readFileSync(file(name), "utf8");
	const newKey = (name: string) => [
		...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
		...["-keyout", file(`${name}.key`)],
	];
	const signed = async (name: string, subject: string, extensions: string): Promise<Identity> => {
		await openssl("req", ...newKey(name), "-subj", subject, "-out", file(`${name}.csr`));
		writeFileSync(file(`${name}.ext`), extensions);
		const authority = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial", "-days", "2"];
		const request = [
			"-in",
			file(`${name}.csr`),
			"-extfile",
			file(`${name}.ext`),
			"-out",
			file(`${name}.pem`),
		];
		await openssl("x509", "-req", ...request, ...authority);
		return { cert: text(`${name}.pem`), key: text(`${name}.key`) };
	};
	try {
		await openssl(
			...["req", "-x509", ...newKey("ca"), "-days", "2"],
			...["-subj", "/CN=APNs double", "-out", file("ca.pem")],
		);
		return {
			ca: text("ca.pem"),
			server: await signed("server", "/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1\n"),
			// Apple writes the bundle id into UID.
			client: await signed("client", `/UID=${topic}/CN=Apple Push Services`, "extendedKeyUsage=clientAuth\n"),
		};
	} finally {
		folder.remove();
	}
}

async function openssl(...args: string[]): Promise<void> {
	const run = Bun.spawn(["openssl", ...args], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
	if ((await run.exited) !== 0)
		throw new Error(`openssl ${args[0]}: ${await new Response(run.stderr).text()}`);
}
