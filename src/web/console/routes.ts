/** Where an operator is in the console: the part of the address behind `#`, so that links and the back button work. */
import { present } from "../../syntax/present-fields.ts";
import type { EventKind, FindEvents, FindRegistrations, Period } from "./wire.ts";

export type Route =
	| { at: "overview" | "services"; period: Period }
	| ({ at: "registrations" } & FindRegistrations)
	| { at: "registration"; node: string }
	| { at: "barred" | "invites" }
	| ({ at: "events" } & Pick<FindEvents, "kind" | "text" | "before">);

const PERIODS: readonly Period[] = ["hour", "day", "week"];

/** What the list of events may be narrowed to, each with its name. */
export const EVENT_KINDS: Readonly<Record<EventKind, string>> = {
	failed: "Failed",
	refused: "Refused",
	ended: "Ended",
	gate: "Gates",
	"wrong-node": "Wrong node",
	"wrong-secret": "Wrong secret",
	"not-accepted": "Not accepted",
	action: "Actions",
};

const isKind = (text: string): text is EventKind => Object.hasOwn(EVENT_KINDS, text);

/** What nobody knows is the overview. */
export function parseRoute(hash: string): Route {
	const [path = "", search = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
	const [name = "", argument = ""] = path.split("/");
	const query = new URLSearchParams(search);
	const value = (key: string) => query.get(key) || undefined;
	const period = PERIODS.find((one) => one === query.get("period")) ?? "hour";
	switch (name) {
		case "services":
			return { at: name, period };
		case "registrations": {
			const node = decoded(argument);
			if (node) return { at: "registration", node };
			return {
				at: name,
				...present({
					begins: value("begins"),
					app: value("app"),
					host: value("host"),
					after: value("after"),
				}),
			};
		}
		case "barred":
		case "invites":
			return { at: name };
		case "events": {
			const kind = query.get("kind") ?? "";
			return {
				at: name,
				...present({ kind: isKind(kind) ? kind : undefined, text: value("text"), before: value("before") }),
			};
		}
		default:
			return { at: "overview", period };
	}
}

export function hashOf(route: Route): string {
	const { at, ...asked } = route;
	if (route.at === "registration") return `#/registrations/${encodeURIComponent(route.node)}`;
	const query = queryOf({
		...asked,
		period: "period" in route && route.period !== "hour" ? route.period : "",
	});
	return `#/${at}${query}`;
}

/** `?name=value&…` of what is there; empty when nothing is. */
export function queryOf(asked: Readonly<Record<string, string | undefined>>): string {
	const there = Object.entries(asked).filter((pair): pair is [string, string] => Boolean(pair[1]));
	return there.length === 0 ? "" : `?${new URLSearchParams(there)}`;
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return "";
	}
}
