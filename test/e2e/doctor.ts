/** `reveille doctor` and `check`, typed beside a Reveille of the tests. */
import { join } from "node:path";
import { settingNames } from "../../src/config/settings.ts";
import { runToEnd } from "../peers/child.ts";
import type { Reveille } from "../peers/reveille.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";

const ROOT = join(import.meta.dir, "../../");

export interface SaidFinding {
	group: string;
	state: "ok" | "warn" | "bad" | "unknown";
	what: string;
	text: string;
	do?: string;
	ms?: number;
}

export interface Said {
	code: number;
	findings: readonly SaidFinding[];
	stderr: string;
	/** How long it took, ms. */
	ms: number;
	/** Those of a state, each as a line. */
	lines(state: SaidFinding["state"]): string[];
}

export type Settings = Record<string, string | undefined>;

/** What push services are told, and where browsers find the server: nothing of it is wrong. */
export const WELL: Settings = {
	VAPID_SUBJECT: "mailto:push@example.com",
	WEB_APP_SERVERS: "example.org=wss://example.org:5281/xmpp-websocket",
};

/** The settings of a Reveille that `startReveille` started with these. */
export function settingsOf(
	reveille: Reveille,
	server: XmppServer | undefined,
	more: Settings = {},
): Settings {
	return {
		PORT: new URL(reveille.url).port,
		DATA_DIR: reveille.dataFolder,
		WEBPUSH_ALLOW_PRIVATE: "true",
		TRUSTED_PROXIES: "127.0.0.1",
		...(server && {
			XMPP_SERVICE: server.websocketUrl,
			XMPP_DOMAIN: server.host,
			XMPP_USERNAME: "push",
			XMPP_PASSWORD: "secret",
		}),
		...WELL,
		...more,
	};
}

/** Types a command with `--json`. */
export async function typed(command: readonly string[], settings: Settings): Promise<Said> {
	const none = Object.fromEntries(settingNames.map((name) => [name, undefined]));
	const startedAt = performance.now();
	const { stdout, stderr, code } = await runToEnd([process.execPath, "src/main.ts", ...command, "--json"], {
		cwd: ROOT,
		env: { ...process.env, ...none, ...settings },
	});
	let findings: SaidFinding[] = [];
	try {
		({ findings } = JSON.parse(stdout) as { findings: SaidFinding[] });
	} catch {
		throw new Error(`no JSON came: ${stdout}${stderr}`);
	}
	return {
		code,
		findings,
		stderr,
		ms: performance.now() - startedAt,
		lines: (state) =>
			findings
				.filter((found) => found.state === state)
				.map(({ group, what, text, do: todo }) => `${group} | ${what}: ${text}${todo ? ` > ${todo}` : ""}`),
	};
}
