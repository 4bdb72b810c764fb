/** What the page asks of Reveille: `/admin/api`, in the words of wire.ts. */
import { consolePageBounds } from "../../limits/bounds/console-page.ts";
import { ConsoleFault } from "./console-fault.ts";
import { queryOf } from "./routes.ts";
import type {
	BarCount,
	BarView,
	FindEvents,
	FindRegistrations,
	FoundEvents,
	FoundRegistrations,
	InviteView,
	MadeInvite,
	NewBar,
	NewInvite,
	Overview,
	Period,
	RegistrationView,
	ServicesView,
	Session,
	SignIn,
	TestPush,
} from "./wire.ts";

/** Each throws a {@link ConsoleFault}. */
export interface ConsoleApi {
	session(): Promise<Session>;
	signIn(what: SignIn): Promise<Session>;
	signOut(): Promise<void>;
	overview(period: Period): Promise<Overview>;
	services(period: Period): Promise<ServicesView>;
	registrations(asked: FindRegistrations): Promise<FoundRegistrations>;
	registration(node: string): Promise<RegistrationView>;
	testPush(node: string): Promise<TestPush>;
	endRegistration(node: string): Promise<void>;
	events(asked: FindEvents): Promise<FoundEvents>;
	bars(): Promise<readonly BarView[]>;
	countBar(who: string): Promise<BarCount>;
	bar(what: NewBar): Promise<void>;
	lift(who: string): Promise<void>;
	invites(): Promise<readonly InviteView[]>;
	makeInvite(what: NewInvite): Promise<MadeInvite>;
	revokeInvite(id: string): Promise<void>;
}

/** What the API is made from. */
export interface ApiEffects {
	fetch(url: string, init: RequestInit): Promise<Response>;
	/** The address of `/admin/api/`. */
	base: string;
	/** To be sent with each change; empty: not known yet. */
	formToken(): string;
	/** Asks for the session again, when a token was refused: another tab may have signed in. */
	renew(): Promise<void>;
	/** Nobody is signed in any more. */
	signedOut(): void;
}

export function createConsoleApi(effects: ApiEffects): ConsoleApi {
	const { base, formToken, renew, signedOut } = effects;

	/** @throws {ConsoleFault} unless the answer is 2xx */
	async function ask(path: string, init: RequestInit = {}): Promise<unknown> {
		let response: Response;
		try {
			response = await effects.fetch(base + path, {
				...init,
				cache: "no-store",
				credentials: "same-origin",
				signal: AbortSignal.timeout(consolePageBounds.answerTime.is),
			});
		} catch {
			throw new ConsoleFault(
				"offline",
				"Reveille does not answer.",
				"Look whether it runs, and whether this machine is online.",
			);
		}
		const answer: unknown = await response.json().catch(() => undefined);
		if (!response.ok) throw faultOfProblem(response.status, answer);
		return answer;
	}

	/** Of somebody who is signed in. */
	async function asked(path: string, init?: RequestInit): Promise<unknown> {
		try {
			return await ask(path, init);
		} catch (error) {
			if (error instanceof ConsoleFault && error.kind === "signed-out") signedOut();
			throw error;
		}
	}

	const get = asked as <Answer>(path: string) => Promise<Answer>;

	async function post<Answer>(path: string, body: object = {}): Promise<Answer> {
		const send = () =>
			asked(path, {
				method: "POST",
				headers: { "Content-Type": "application/json", "X-Form-Token": formToken() },
				body: JSON.stringify(body),
			}) as Promise<Answer>;
		const sent = formToken();
		try {
			return await send();
		} catch (error) {
			if (!(error instanceof ConsoleFault && error.status === 403)) throw error;
			await renew();
			// Only a token that is another one now may have been the reason.
			if (formToken() === sent) throw error;
			return send();
		}
	}

	const of = (node: string) => `registrations/${encodeURIComponent(node)}`;

	return {
		session: () => ask("session") as Promise<Session>,
		signIn: (what) =>
			ask("session", {
				method: "POST",
				headers: { "Content-Type": "application/json" },
				body: JSON.stringify(what),
			}) as Promise<Session>,
		signOut: () => post("session/end"),
		overview: (period) => get(`overview${queryOf({ period })}`),
		services: (period) => get(`services${queryOf({ period })}`),
		registrations: ({ begins, app, host, after }) =>
			get(`registrations${queryOf({ begins, app, host, after })}`),
		registration: (node) => get(of(node)),
		testPush: (node) => post(`${of(node)}/test`),
		endRegistration: (node) => post(`${of(node)}/end`),
		events: ({ kind, text, before, since }) => get(`events${queryOf({ kind, text, before, since })}`),
		bars: () => get("bars"),
		countBar: (who) => post("bars/count", { who }),
		bar: (what) => post("bars", what),
		lift: (who) => post("bars/lift", { who }),
		invites: () => get("invites"),
		makeInvite: (what) => post("invites", what),
		revokeInvite: (id) => post("invites/revoke", { id }),
	};
}

/** `It must be an address or a domain.`, of a field that does not fit. */
function whatToMend(errors: unknown): string {
	const [first] = Array.isArray(errors) ? errors : [];
	const message = first?.message;
	if (typeof message !== "string" || !message.startsWith("must ")) return "";
	return `It ${message.slice(0, consolePageBounds.problem.is)}.`;
}

/** @param problem RFC 9457, or something else that came in its place */
function faultOfProblem(status: number, problem: unknown): ConsoleFault {
	const said = problem !== null && typeof problem === "object" ? (problem as Record<string, unknown>) : {};
	const text = (value: unknown) =>
		typeof value === "string" ? value.slice(0, consolePageBounds.problem.is) : "";
	const detail = whatToMend(said.errors) || text(said.detail) || text(said.title);
	if (status === 401) return new ConsoleFault("signed-out", detail || "You are not signed in.", "", status);
	if (status === 404 || status === 410)
		return new ConsoleFault("gone", detail || "It is not there.", "", status);
	if (status >= 500) {
		return new ConsoleFault("broken", detail || `Reveille answered ${status}.`, "Its log says more.", status);
	}
	return new ConsoleFault(
		"refused",
		detail || `Reveille does not do this, and answered ${status}.`,
		"",
		status,
	);
}
