/**
 * What a request to the console's interface must be: of a session, and from our own page. A cookie alone is no proof of
 * that, since a browser sends it whoever made the request.
 */
import type { Context, MiddlewareHandler } from "hono";
import { consoleHttpBounds } from "../../../limits/bounds/console-http.ts";
import { isSameText } from "../../../secrets.ts";
import type { ConsoleDeps, RequestEnv } from "../../deps.ts";
import { Problem } from "../../problem.ts";
import type { ConsoleSession } from "./sessions.ts";

/** What the routes of a session find in their context. */
export interface ConsoleEnv extends RequestEnv {
	Variables: RequestEnv["Variables"] & { session: ConsoleSession };
}

export type ConsoleContext = Context<ConsoleEnv>;

const isHttps = (url: string | undefined) => url?.startsWith("https:") ?? false;

/** Whether the browser speaks TLS, with us or with the proxy in front, as far as is known. */
export const isSecure = (c: Context, { publicUrl }: Pick<ConsoleDeps, "publicUrl">): boolean =>
	isHttps(publicUrl) || isHttps(c.req.url);

/** Browsers keep a name with this beginning from pages that are not encrypted. */
export const cookieName = (secure: boolean): string => (secure ? "__Secure-reveille" : "reveille");

/** The session of a request; undefined: it has none. */
export async function sessionOf(
	c: Context,
	deps: Pick<ConsoleDeps, "publicUrl" | "sessions">,
): Promise<ConsoleSession | undefined> {
	for (const cookie of cookiesOf(c, cookieName(isSecure(c, deps)))) {
		const session = await deps.sessions.read(cookie);
		if (session) return session;
	}
	return undefined;
}

/** A page of a neighbouring name may give a browser cookies of the same name: ours is among them, and need not be first. */
function cookiesOf(c: Context, name: string): string[] {
	const pairs = (c.req.header("Cookie") ?? "").split(";").map((pair) => pair.trim());
	const its = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
	return its.slice(0, consoleHttpBounds.cookies.is);
}

export function requireSession(deps: ConsoleDeps): MiddlewareHandler<ConsoleEnv> {
	return async (c, next) => {
		const session = await sessionOf(c, deps);
		if (!session) throw new Problem("sign-in-needed", "Sign in: there is no session, or it has ended.");
		c.set("session", session);
		await next();
	};
}

/**
 * Lets pass what our own page asks for. A browser says of each change where the page that asks is from, and says it of
 * what is only read where it is new enough.
 */
export function requireOwnPage({ publicUrl }: Pick<ConsoleDeps, "publicUrl">): MiddlewareHandler<ConsoleEnv> {
	const outside = publicUrl === undefined ? undefined : new URL(publicUrl).origin;
	return async (c, next) => {
		const site = c.req.header("Sec-Fetch-Site");
		const origin = c.req.header("Origin");
		const isReading = c.req.method === "GET" || c.req.method === "HEAD";
		if (origin !== undefined) {
			// What the request says of its own address is anybody's word, where ours is known.
			if (origin !== (outside ?? new URL(c.req.url).origin)) throw otherOrigin(outside);
		} else if (site !== undefined) {
			// `none`: somebody typed the address, which only reads.
			if (site !== "same-origin" && !(isReading && site === "none")) throw otherOrigin(outside);
		} else if (!isReading) throw otherOrigin(outside);
		await next();
	};
}

function otherOrigin(outside: string | undefined): Problem {
	return new Problem(
		"not-from-console",
		outside === undefined
			? "This comes from another site's page. If it is the console's own page, set PUBLIC_URL to the address that you open it at."
			: `This comes from another site's page. Open the console at ${outside}/admin/, or set PUBLIC_URL.`,
	);
}

/** Behind {@link requireSession}: each change shows what only the session's own page knows. */
export const requireFormToken: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
	const shown = c.req.header("X-Form-Token") ?? "";
	if (c.req.method !== "GET" && c.req.method !== "HEAD" && !isSameText(shown, c.get("session").formToken)) {
		throw new Problem(
			"not-from-console",
			"The header X-Form-Token is missing, or is not of this session: load the page again.",
		);
	}
	await next();
};
