import { expect, test } from "bun:test";
import { checkCredentials } from "../../../src/connector/checks/credentials.ts";
import type { Outcome, PushService } from "../../../src/types.ts";
import { readableLog } from "../../delivery/delivery-fixture.ts";

test("each app's credentials are shown to its provider, and the log says what it thinks of them", async () => {
	const { log, lines } = readableLog();
	const says = (outcome: Outcome) => ({ check: async () => outcome });
	await checkCredentials(
		new Map<string, Pick<PushService, "check">>([
			["good", says({ kind: "delivered" })],
			["wrong", says({ kind: "misconfigured", reason: "403 InvalidProviderToken" })],
			["away", says({ kind: "retry", reason: "no connection" })],
			["needs none", {}],
		]),
		log,
	);
	expect(lines.filter((line) => line.includes("good"))[0]).toStartWith("info");
	const wrong = lines.filter((line) => line.includes("wrong"))[0];
	expect(wrong).toStartWith("error");
	expect(wrong).toContain("InvalidProviderToken");
	expect(lines.filter((line) => line.includes("away"))[0]).toStartWith("warn");
	expect(lines).toHaveLength(3);
});
