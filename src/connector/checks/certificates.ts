/**
 * The certificates that apps show to their providers: whether they can be shown, and when they end. Nothing is pushed
 * without one that works, and all that a connection says then is that it could not be opened.
 */

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { Logger } from "@logtape/logtape";
import { StartError } from "../../bun/start-error.ts";
import type { AppConfig } from "../../config/apps.ts";
import { about } from "../../messages/about.ts";
import { isEncrypted } from "../../syntax/pem.ts";

const DAY_S = 86_400;
const AHEAD_S = 30 * DAY_S;

/**
 * @returns Unix time, seconds, by app
 * @throws {StartError} for a certificate or a key that cannot be read, and for a pair that is none
 */
export function certificateExpiry(apps: readonly AppConfig[]): ReadonlyMap<string, number> {
	const expiries = new Map<string, number>();
	for (const app of apps) {
		if (app.service !== "apns" || app.credentials?.kind !== "certificate") continue;
		const certificate = readCertificate(app.name, app.credentials.cert);
		if (!certificate.checkPrivateKey(readKey(app.name, app.credentials.key))) {
			throw new StartError(
				"certificate-key-other",
				`App ${app.name}: its certificate and its private key do not belong together. \`openssl x509 -in CERT -noout -pubkey\` and \`openssl pkey -in KEY -pubout\` must print the same.`,
			);
		}
		expiries.set(app.name, Math.floor(Date.parse(certificate.validTo) / 1000));
	}
	return expiries;
}

function readCertificate(app: string, pem: string): X509Certificate {
	try {
		return new X509Certificate(pem);
	} catch (error) {
		throw new StartError(
			"certificate-unreadable",
			`App ${app}: its certificate is no certificate in PEM. \`openssl pkcs12 -in FILE.p12 -nodes -out FILE.pem\` makes one of a .p12 file, with its key.`,
			error,
		);
	}
}

function readKey(app: string, pem: string): KeyObject {
	try {
		return createPrivateKey(pem);
	} catch (error) {
		if (isEncrypted(pem)) {
			throw new StartError(
				"certificate-key-encrypted",
				`App ${app}: the private key of its certificate has a passphrase, and nobody is there to enter it. Write it without one: \`openssl pkey -in FILE -out plain.pem\` asks for the passphrase.`,
				error,
			);
		}
		throw new StartError(
			"certificate-key-unreadable",
			`App ${app}: the private key of its certificate is no private key in PEM: it begins with BEGIN PRIVATE KEY, BEGIN RSA PRIVATE KEY or BEGIN EC PRIVATE KEY.`,
			error,
		);
	}
}

/** Says which certificates end within thirty days. */
export function warnOfExpiry(
	expiries: ReadonlyMap<string, number>,
	log: Logger,
	now: () => number = Date.now,
): void {
	for (const [app, seconds] of expiries) {
		const left = seconds - now() / 1000;
		if (left > AHEAD_S) continue;
		const days = Math.floor(left / DAY_S);
		if (days < 0)
			log.error(
				"{app}: its certificate has expired, and its pushes wait. Get a new one, and reload Reveille.",
				about("certificate-expired", { app }),
			);
		else
			log.warn(
				"{app}: its certificate expires in {days} days. Get a new one, and reload Reveille.",
				about("certificate-expires-soon", { app, days }),
			);
	}
}
