/** What settings need of each other: one without what it needs would have no effect, or a wrong one. */
import ipaddr from "ipaddr.js";
import { isSecureOrigin } from "../syntax/secure-origin.ts";
import type { Settings } from "./settings.ts";

export interface Given {
	/** Whether a setting was made, be it well or badly. */
	isGiven(name: keyof Settings): boolean;
	/** Whether there is an XMPP connection, be it described well or badly. */
	hasConnection: boolean;
}

interface Requirement {
	/** Whether it is not met. A setting that is wrong by itself was told already. */
	isUnmet(set: Settings, given: Given): boolean;
	/** Names the setting that is missing or wrong, and why. */
	sentence: string;
}

const isRange = (entry: string) => ipaddr.isValid(entry) || ipaddr.isValidCIDR(entry);

const REQUIREMENTS: readonly Requirement[] = [
	{
		isUnmet: ({ ROLE }, { isGiven }) => ROLE === "http" && !isGiven("XMPP_ADDRESS"),
		sentence: "XMPP_ADDRESS is missing: ROLE=http tells it to clients as the JID to publish to.",
	},
	{
		isUnmet: ({ ROLE }, { isGiven }) => ROLE === "http" && !isGiven("SECRET_KEY"),
		sentence: "SECRET_KEY is missing: ROLE=http must derive the same secrets as the connector.",
	},
	{
		isUnmet: ({ ROLE }, { isGiven }) =>
			ROLE === "http" && !isGiven("VAPID_PUBLIC_KEY") && !isGiven("VAPID_PRIVATE_KEY"),
		sentence: "VAPID_PUBLIC_KEY is missing: ROLE=http tells it to browsers, which subscribe with it.",
	},
	{
		isUnmet: ({ ROLE }, { isGiven }) =>
			ROLE === "http" && !isGiven("DATABASE_URL") && !isGiven("DATABASE_SYNC_URL"),
		sentence: "DATABASE_URL is missing: ROLE=http shares its database with a connector.",
	},
	{
		isUnmet: ({ ROLE }, { hasConnection }) => ROLE === "connector" && !hasConnection,
		sentence:
			"XMPP_SERVICE, XMPP_USERNAME, XMPP_PASSWORD are missing: ROLE=connector is there for the XMPP connection.",
	},
	{
		isUnmet: ({ ROLE }, { isGiven }) =>
			ROLE !== "http" &&
			isGiven("DATABASE_AUTH_TOKEN") &&
			!isGiven("DATABASE_URL") &&
			!isGiven("DATABASE_SYNC_URL"),
		sentence: "DATABASE_URL is missing: DATABASE_AUTH_TOKEN opens the database that it names.",
	},
	{
		isUnmet: ({ DATABASE_SYNC_URL, DATABASE_URL }) =>
			DATABASE_SYNC_URL !== undefined && DATABASE_URL !== undefined && !DATABASE_URL.startsWith("file:"),
		sentence: "DATABASE_URL must begin file: beside DATABASE_SYNC_URL, whose replica it is.",
	},
	{
		isUnmet: ({ DEBUG_PAGES }, { isGiven }) => DEBUG_PAGES && !isGiven("ADMIN_TOKEN"),
		sentence: "ADMIN_TOKEN is missing: DEBUG_PAGES shows who is registered to whoever has it.",
	},
	{
		isUnmet: ({ UNIFIEDPUSH, PUBLIC_URL }) => UNIFIEDPUSH && PUBLIC_URL === undefined,
		sentence: "PUBLIC_URL is missing: with UNIFIEDPUSH=true it begins the endpoints that apps are given.",
	},
	{
		isUnmet: ({ WEB_APP, PUBLIC_URL }) =>
			WEB_APP === true && PUBLIC_URL !== undefined && !isSecureOrigin(PUBLIC_URL),
		sentence:
			"PUBLIC_URL must begin https:// beside WEB_APP=true: browsers allow notifications there alone. Let your reverse proxy speak TLS, or remove WEB_APP.",
	},
	{
		isUnmet: ({ WEB_APP_SERVERS = {}, PUBLIC_URL = "" }) =>
			PUBLIC_URL.startsWith("https:") && Object.values(WEB_APP_SERVERS).some((url) => url.startsWith("ws:")),
		sentence: "WEB_APP_SERVERS must list wss:// beside an https PUBLIC_URL, whose pages open no ws://.",
	},
	{
		isUnmet: ({ TRUSTED_PROXIES = [] }) => !TRUSTED_PROXIES.every(isRange),
		sentence: "TRUSTED_PROXIES must list IP addresses or CIDR ranges.",
	},
	{
		isUnmet: ({ SECRET_KEY_OLD = [] }) => SECRET_KEY_OLD.some((old) => old.length < 32),
		sentence: "SECRET_KEY_OLD must list keys of at least 32 characters.",
	},
];

/** @returns a sentence for each that is not met */
export const unmetRequirements = (set: Settings, given: Given): string[] =>
	REQUIREMENTS.filter(({ isUnmet }) => isUnmet(set, given)).map(({ sentence }) => sentence);
