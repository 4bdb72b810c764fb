/** A service account for an FCM of a benchmark, which checks no signature. */
import { generateKeyPairSync } from "node:crypto";

/** @param url of FCM, whose tokens come from `/token` there @returns the file's text */
export function serviceAccountAt(url: string): string {
	const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
	return JSON.stringify({
		type: "service_account",
		project_id: "p",
		client_email: "p@p.example",
		private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
		token_uri: `${url}/token`,
	});
}
