/** APNs as one of its devices sees it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startApnsServer } from "../../peers/apns-server.ts";
import { temporaryFolder } from "../../peers/folder.ts";
import type { ServiceDouble } from "../../peers/service-double.ts";

export async function startDouble(): Promise<ServiceDouble> {
	const topic = "org.example.chat";
	const server = await startApnsServer({ topics: [topic] });
	const folder = temporaryFolder("apns");
	const authority = join(folder.path, "ca.pem");
	writeFileSync(authority, server.ca);
	const team = { teamId: "TEAM123456", keyId: "KEY1234567" };
	const { key } = server.createKey(team.teamId, team.keyId);
	return {
		settings: {
			APNS_KEY: key,
			APNS_KEY_ID: team.keyId,
			APNS_TEAM_ID: team.teamId,
			APNS_TOPIC: topic,
			APNS_URL: server.url,
			NODE_EXTRA_CA_CERTS: authority,
		},
		app: "apns",
		device: () => ({ token: "ab".repeat(32) }),
		async arrived(timeoutMs) {
			// At its start Reveille shows its key with a token that nobody has.
			const { headers, body } = await server.waitForPush(({ token }) => token === "ab".repeat(32), timeoutMs);
			const told = ["apns-push-type", "apns-priority", "apns-topic"].map(
				(name) => `${name}: ${headers[name]}`,
			);
			return { content: body.toString(), details: `over HTTP/2, ${told.join(", ")}` };
		},
		async stop() {
			await server.stop();
			folder.remove();
		},
	};
}
