/** Puts the console together from its effects. */
import { signal } from "@preact/signals";
import type { Clock } from "../clock.ts";
import type { Console, SessionState, Stream, StreamListener } from "./console.ts";
import { type ApiEffects, createConsoleApi } from "./console-api.ts";
import { ConsoleFault, faultOf } from "./console-fault.ts";
import { createFormats } from "./formats.ts";
import { hashOf, parseRoute, type Route } from "./routes.ts";

export interface ConsoleEffects extends Pick<ApiEffects, "fetch" | "base"> {
	host: string;
	clock: Clock;
	/** BCP 47, the most wanted first. */
	languages: readonly string[];
	/** Default: the browser's. */
	zone?: string;
	/** The part of the address behind `#`. */
	address: {
		hash(): string;
		push(hash: string): void;
		replace(hash: string): void;
		/** The back button, or a link. */
		onChange(listener: () => void): void;
	};
	copy(text: string): Promise<boolean>;
	/** @param url of `/admin/api/…` */
	openStream(url: string, listener: StreamListener): Stream;
	isSeen(): boolean;
	onReturn(listener: () => void): () => void;
}

export function createConsole(effects: ConsoleEffects): Console {
	const { base, host, clock, address } = effects;
	const session = signal<SessionState>({ is: "asked" });
	const route = signal<Route>(parseRoute(address.hash()));
	const formTokenOf = (state: SessionState) => (state.is === "signed-in" ? state.session.formToken : "");
	const signedOut = () => {
		if (session.value.is === "signed-in") session.value = { is: "lost" };
	};
	const api = createConsoleApi({
		fetch: effects.fetch,
		base,
		formToken: () => formTokenOf(session.value),
		async renew() {
			try {
				session.value = { is: "signed-in", session: await api.session() };
			} catch (error) {
				if (faultOf(error).kind === "signed-out") signedOut();
				throw error;
			}
		},
		signedOut,
	});
	address.onChange(() => {
		route.value = parseRoute(address.hash());
	});

	return {
		api,
		clock,
		host,
		formats: createFormats(effects.languages, clock.now, effects.zone),
		session,
		route,
		go(to, how) {
			const hash = hashOf(to);
			if (how === "replace") address.replace(hash);
			else address.push(hash);
			route.value = to;
		},
		async resume() {
			session.value = { is: "asked" };
			try {
				session.value = { is: "signed-in", session: await api.session() };
			} catch (error) {
				const fault = faultOf(error);
				session.value = fault.kind === "signed-out" ? { is: "signed-out" } : { is: "unknown", fault };
			}
		},
		async signIn(token) {
			session.value = { is: "signed-in", session: await api.signIn({ token }) };
		},
		async signOut() {
			try {
				await api.signOut();
			} catch (error) {
				// Who is out already wanted nothing else.
				if (!(error instanceof ConsoleFault && error.kind === "signed-out")) throw error;
			}
			session.value = { is: "signed-out" };
		},
		copy: effects.copy,
		openStream: (path, listener) => effects.openStream(base + path, listener),
		isSeen: effects.isSeen,
		onReturn: effects.onReturn,
		lastSearch: {},
		moved: false,
	};
}
