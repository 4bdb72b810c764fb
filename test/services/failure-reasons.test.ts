/** Each row of each table of answers has one reason of the closed list, and it is the right one. */
import { describe, expect, test } from "bun:test";
import { REFUSALS } from "../../src/services/access-token.ts";
import { type AnswerRow, outcomeOf } from "../../src/services/answers.ts";
import { ANSWERS as APNS } from "../../src/services/apns/answers.ts";
import {
	FAILURE_REASONS,
	type Failed,
	type FailureReason,
	failureReasonOf,
	REASONS_OF,
} from "../../src/services/failure-reasons.ts";
import { ANSWERS as FCM } from "../../src/services/fcm/answers.ts";
import { ANSWERS as NTFY } from "../../src/services/ntfy/answers.ts";
import { SERVICE_NAMES } from "../../src/services/registry.ts";
import { ANSWERS as UBUNTU } from "../../src/services/ubuntu/answers.ts";
import { ANSWERS as WEBPUSH } from "../../src/services/webpush/answers.ts";
import { ANSWERS as WNS } from "../../src/services/wns/answers.ts";
import type { ServiceName } from "../../src/types.ts";

const TABLES: Record<ServiceName, readonly AnswerRow[]> = {
	apns: APNS,
	fcm: FCM,
	ntfy: NTFY,
	ubuntu: UBUNTU,
	webpush: WEBPUSH,
	wns: WNS,
};

/** What each row's words mean, whichever table it stands in. */
const MEANT: Readonly<Partial<Record<FailureReason, readonly string[]>>> = {
	unregistered: [
		"the app is not on the device any more",
		"unregistered token",
		"no name of a topic",
		"a name that no topic may have",
		"unknown token",
		"unknown subscription",
		"subscription ended",
		"unknown channel",
	],
	expired_token: ["the token expired", "channel expired"],
	wrong_app: [
		"no token of this environment",
		"the token is of another app",
		"token of another app",
		"refused our VAPID key for this subscription",
		"channel of another app",
	],
	bad_credentials: [
		"token refused as too old: is our clock right?",
		"key, key id and team id do not fit",
		"no certificate and no key was shown",
		"the key is not for this app",
		"the key is for the other environment",
		"certificate refused",
		"the certificate is for the other environment",
		"not allowed to send",
		"the project's own credentials were refused",
		"refused our access token",
		"refused our service account",
		"we may not write to this topic",
		"refused our VAPID token: is VAPID_SUBJECT a real contact, and our clock right?",
		"refused our credentials",
	],
	bad_setup: [
		"the topic is not allowed for our credentials",
		"the topic is missing",
		"the topic is not a bundle id",
		"no such project",
		"redirected: is this server's URL right?",
		"our domain is blocked",
		"not there",
	],
	not_allowed: ["the topic is not open to everybody", "not authorized", "forbidden"],
	bad_request: [
		"redirected, which is not followed",
		"refused as malformed",
		"refused path",
		"refused method",
		"refused the method",
		"refused without a length",
		"refused the content type",
	],
	too_large: ["refused as too large"],
	too_many_requests: [
		"too many pushes to this device",
		"the team's token changed too often",
		"the project's quota is used up",
		"too many requests",
		"the day's messages are used up",
		"channel throttled",
	],
	device_away: ["nobody is subscribed just now", "too many messages wait", "dropped"],
	server_error: [
		"APNs unwell",
		"this server of APNs is shutting down",
		"APNs unavailable",
		"push service unwell",
		"unwell",
	],
	unreachable: ["the connection was idle for too long"],
	other: ["unknown answer"],
};

const meantBy = (words: string) =>
	(Object.keys(MEANT) as FailureReason[]).filter((reason) => MEANT[reason]?.includes(words));

test("each push service's table is looked at", () => {
	expect(Object.keys(TABLES).toSorted()).toEqual(SERVICE_NAMES.toSorted());
});

describe.each(Object.entries({ ...TABLES, "the token endpoint": REFUSALS }))("of %s", (_, table) => {
	test("each row has the reason that its words mean", () => {
		for (const row of table) {
			if (row.kind === "delivered") continue;
			const status = typeof row.status === "number" ? row.status : row.status[0];
			const outcome = outcomeOf(row, { status }, row.word) as Failed;
			const reason = failureReasonOf(outcome);
			expect(`${row.reason}: ${meantBy(row.reason)}`).toBe(`${row.reason}: ${reason}`);
			expect(REASONS_OF[row.kind]).toContain(reason);
		}
	});
});

test("no words stand in the list that no table has", () => {
	const all = [...Object.values(TABLES), REFUSALS].flat().map(({ reason }) => reason);
	expect(
		Object.values(MEANT)
			.flat()
			.filter((words) => !all.includes(words)),
	).toEqual([]);
});

test.each([
	["timeout", { kind: "retry", reason: "no answer in time" }],
	["timeout", { kind: "retry", reason: "no access token in time" }],
	[
		"unreachable",
		{ kind: "retry", reason: "network failure: ECONNREFUSED, nothing takes connections there" },
	],
	["unreachable", { kind: "retry", reason: "token endpoint: network failure" }],
	["unreachable", { kind: "retry", reason: "the ntfy server cannot be reached" }],
	["timeout", { kind: "retry", reason: "the push service cannot be reached", detail: "no answer in time" }],
	["unreachable", { kind: "rejected", reason: "the host has an address that is not public", about: "push" }],
	["server_error", { kind: "retry", reason: "502 unknown answer" }],
	["server_error", { kind: "retry", reason: "token endpoint: 503 unknown answer" }],
	["other", { kind: "retry", reason: "200 unknown answer" }],
	["other", { kind: "retry", reason: "could not prepare the push: TypeError", about: "push" }],
	["bad_credentials", { kind: "misconfigured", reason: "no APNs key or certificate" }],
	["bad_credentials", { kind: "misconfigured", reason: "no VAPID private key", about: "account" }],
	["bad_setup", { kind: "misconfigured", reason: "no Ubuntu Push application id", about: "push" }],
	["bad_request", { kind: "rejected", reason: "the device token is not hexadecimal", about: "push" }],
	["unregistered", { kind: "gone", reason: "400 invalid token (INVALID_ARGUMENT)" }],
] as [FailureReason, Failed][])("%s is the reason of what has no row: %p", (reason, outcome) => {
	expect(failureReasonOf(outcome)).toBe(reason);
});

test("every reason may happen, and no kind has one twice", () => {
	const all = Object.values(REASONS_OF);
	expect(new Set(all.flat())).toEqual(new Set(Object.keys(FAILURE_REASONS) as FailureReason[]));
	for (const reasons of all) expect(new Set(reasons).size).toBe(reasons.length);
});
