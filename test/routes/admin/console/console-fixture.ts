/** An application with a console over a real database, and a browser that is signed in to it. */
import type { AppDeps } from "../../../../src/app.ts";
import type { LastPublish, LastSend } from "../../../../src/delivery/journal.ts";
import { consoleRoutes } from "../../../../src/routes/admin/console/console.ts";
import { createSessions } from "../../../../src/routes/admin/console/sessions.ts";
import type { ConnectorNow } from "../../../../src/routes/admin/console/sources.ts";
import type { ConsoleDeps } from "../../../../src/routes/deps.ts";
import { createBars } from "../../../../src/store/console/bars.ts";
import type { Happened } from "../../../../src/store/console/events.ts";
import { createEvents } from "../../../../src/store/console/events.ts";
import { createHistory } from "../../../../src/store/console/history.ts";
import { createSearch } from "../../../../src/store/console/search.ts";
import { createInvites } from "../../../../src/store/invites.ts";
import { createCensus } from "../../../../src/store/registrations/census.ts";
import type { Session } from "../../../../src/web/console/wire.ts";
import { openTestDatabase } from "../../../database.ts";
import { SECRET_KEY, startTestServer, subscription } from "../../routes-fixture.ts";

export const ADMIN_TOKEN = "the-operators-own-token-of-32-characters";
export const ORIGIN = "https://push.example.net";
export const COOKIE = "__Secure-reveille";

export const NOW: ConnectorNow = {
	gates: [],
	gatesOpen: 1,
	outbox: { entries: 0 },
	addresses: [{ address: "push@example.net/push", isOnline: true, since: 1 }],
	certificates: [],
};

/** @param changed parts of the console, and of the application, that are others */
export async function startConsole(changed: Partial<ConsoleDeps> = {}, deps: Partial<AppDeps> = {}) {
	const state = { now: 1_800_000_010_000, live: NOW };
	const now = () => state.now;
	const database = await openTestDatabase();
	const { db } = database;
	const events = createEvents(db, now);
	const listeners = new Set<(happened: Happened) => void>();
	const publishes = new Map<string, LastPublish>();
	const sends = new Map<string, LastSend>();
	const history = createHistory(db, now);

	/** As the journal does: it is told at once, and written at the end of its minute. */
	async function note(happened: Happened, isWritten = true) {
		for (const hear of listeners) hear(happened);
		if (isWritten) await events.write([happened]);
	}

	const own: ConsoleDeps = {
		routes: consoleRoutes,
		sessions: await createSessions({ adminToken: ADMIN_TOKEN, secretKey: SECRET_KEY, now }),
		publicUrl: ORIGIN,
		apps: [{ name: "webpush", service: "webpush", credential: "VAPID key" }],
		history,
		events,
		bars: createBars(db, {
			now,
			async endSome(who) {
				const gone = await database.client.execute({
					sql: "DELETE FROM registrations WHERE owner = ? OR owner LIKE ?",
					args: [who, `%@${who}`],
				});
				return gone.rowsAffected;
			},
		}),
		search: createSearch(db),
		census: createCensus(db, { keys: { ids: ["key-1"] }, known: () => ({ ids: [], since: 0 }) }),
		invites: createInvites(db, now),
		note,
		journal: {
			listen(listener) {
				listeners.add(listener);
				return () => listeners.delete(listener);
			},
			lastPublish: (node) => publishes.get(node),
			lastSend: (node) => sends.get(node),
		},
		connector: { id: "connector-a", host: "berta", live: async () => state.live },
		...changed,
	};
	const server = await startTestServer({ console: own, now, ...deps }, {}, database);
	server.state.now = state.now;

	const request = (path: string, init: RequestInit & { json?: unknown } = {}) => {
		const { json, ...rest } = init;
		const headers = new Headers(init.headers);
		if (json !== undefined) headers.set("Content-Type", "application/json");
		return server.app.request(`${ORIGIN}${path}`, {
			...rest,
			headers,
			...(json !== undefined && { method: "POST", body: JSON.stringify(json) }),
		});
	};
	const signIn = (token: unknown = ADMIN_TOKEN, headers: Record<string, string> = {}) =>
		request("/admin/api/session", { json: { token }, headers: { Origin: ORIGIN, ...headers } });

	/** What a browser keeps of a sign-in. */
	async function browser() {
		const answer = await signIn();
		if (answer.status !== 200) throw new Error(await answer.text());
		const session = (await answer.json()) as Session;
		const cookie = answer.headers.get("Set-Cookie")?.split(";")[0] ?? "";
		const headers = { Cookie: cookie, Origin: ORIGIN, "X-Form-Token": session.formToken };
		return {
			session,
			cookie,
			headers,
			get: (path: string, more: Record<string, string> = {}) =>
				request(`/admin/api/${path}`, {
					headers: { Cookie: cookie, "Sec-Fetch-Site": "same-origin", ...more },
				}),
			post: (path: string, json: unknown = {}, more: Record<string, string> = {}) =>
				request(`/admin/api/${path}`, { json, headers: { ...headers, ...more } }),
		};
	}

	return {
		...server,
		database,
		console: own,
		clock: state,
		events,
		history,
		publishes,
		sends,
		note,
		request,
		signIn,
		browser,
	};
}

export type ConsoleServer = Awaited<ReturnType<typeof startConsole>>;

/** A page that is signed in, over a console of its own. */
export async function openPage(...options: Parameters<typeof startConsole>) {
	const server = await startConsole(...options);
	const page = await server.browser();

	async function get<Answer>(path: string): Promise<Answer> {
		const answer = await page.get(path);
		if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
		return (await answer.json()) as Answer;
	}
	async function post<Answer>(path: string, body: unknown = {}): Promise<Answer> {
		const answer = await page.post(path, body);
		if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
		return (answer.status === 204 ? undefined : await answer.json()) as Answer;
	}
	/** A registration of somebody. */
	async function registered(owner: string, endpoint = "https://push.example/token-1") {
		const { node } = await server.registered({ subscription: subscription(endpoint), deviceName: "Firefox" });
		await server.client.execute({
			sql: "UPDATE registrations SET owner = ? WHERE node = ?",
			args: [owner, node],
		});
		return node;
	}
	return { server, page, get, post, registered };
}
