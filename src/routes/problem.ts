/**
 * What can go wrong at the HTTP interface: one table, thrown as `Problem`, told as `application/problem+json`
 * (RFC 9457) by the JSON API and in its own words by the form API.
 */
import { z } from "@hono/zod-openapi";
import { httpBounds } from "../limits/bounds/http.ts";
import { named } from "./api/examples.ts";

interface ProblemKind {
	status: 400 | 401 | 403 | 404 | 405 | 410 | 413 | 415 | 422 | 429 | 500 | 503;
	title: string;
	/** For the page that the problem's type links to. */
	meaning: string;
	/** What is said in one such case, word for word. */
	example: { detail: string } & ProblemExtensions;
}

/** The kinds of problem; each one's `type` is its anchor on the documentation page. */
export const problemKinds = {
	"malformed-body": {
		status: 400,
		title: "The body cannot be read",
		meaning: "It is not JSON, or not UTF-8. Nothing was done.",
		example: { detail: "The body is not JSON." },
	},
	"malformed-header": {
		status: 400,
		title: "A header of the push does not fit",
		meaning: "A push to a UnifiedPush endpoint has a TTL, a Topic or an Urgency that is none (RFC 8030 §5).",
		example: { detail: "TTL must be a whole number of seconds." },
	},
	"registration-token-needed": {
		status: 401,
		title: "A registration token is needed",
		meaning:
			"This server does not let everybody register: its operator hands out the token, or the app's own backend does.",
		example: {
			detail:
				"Registering here needs a token: send Authorization: Bearer <token>. The server's operator has it: it is the " +
				"setting REGISTRATION_TOKEN, or was shown at the first start. The command reveille token makes a new one.",
		},
	},
	"no-invite": {
		status: 403,
		title: "The invite lets nobody in",
		meaning:
			"`why` says more: there is no such invite (unknown), it was taken back (revoked), its time is over (ended), it was " +
			"used as often as it may be (used-up), or it is for one XMPP address or domain, which registers over XMPP " +
			"(for-others).",
		example: {
			detail: "There is no such invite: look at it again, or ask whoever gave it to you.",
			why: "unknown",
		},
	},
	"admin-token-needed": {
		status: 401,
		title: "The operator's token is needed",
		meaning: "This page is for the server's operator: Authorization: Bearer <ADMIN_TOKEN>.",
		example: {
			detail:
				"This page is for whoever has the ADMIN_TOKEN: send it as bearer token, or as password with any name.",
		},
	},
	"sign-in-needed": {
		status: 401,
		title: "Sign in to the console",
		meaning: "The console at /admin/ asks for the ADMIN_TOKEN, and again after twelve hours.",
		example: { detail: "Sign in: there is no session, or it has ended." },
	},
	"wrong-admin-token": {
		status: 401,
		title: "This is not the ADMIN_TOKEN",
		meaning:
			"The console was shown another token. `triesLeft` says how many more it looks at in this minute.",
		example: { detail: "This is not the ADMIN_TOKEN. You have 4 tries left in this minute.", triesLeft: 4 },
	},
	"not-from-console": {
		status: 403,
		title: "This did not come from the console's own page",
		meaning: "The console's interface is for its own page: pages of other sites can change nothing there.",
		example: {
			detail: "The header X-Form-Token is missing, or is not of this session: load the page again.",
		},
	},
	"secret-needed": {
		status: 401,
		title: "The device secret is needed",
		meaning: "Send the deviceSecret that registering returned: Authorization: Bearer <deviceSecret>.",
		example: {
			detail: "Send the deviceSecret that registering returned: Authorization: Bearer <deviceSecret>.",
		},
	},
	"no-such-page": {
		status: 404,
		title: "There is nothing here",
		meaning: "The path does not exist. This page lists those that do.",
		example: { detail: "There is nothing at this path. See /docs." },
	},
	"no-such-registration": {
		status: 404,
		title: "No such registration",
		meaning:
			"No registration was ever made here with this node, or this is not its device secret: these are not told " +
			"apart. The secret that the user's XMPP server has is for publishing alone. Whoever has the device secret of a " +
			"registration that ended is answered 410.",
		example: { detail: "There is no registration with this node, or this is not its device secret." },
	},
	"no-such-endpoint": {
		status: 404,
		title: "No such endpoint",
		meaning: "No UnifiedPush endpoint was ever called so. One that ended is answered with 410.",
		example: { detail: "There was never such an endpoint here." },
	},
	"method-not-allowed": {
		status: 405,
		title: "This method is not for this path",
		meaning: "The Allow header lists those that are.",
		example: { detail: "This path takes POST." },
	},
	gone: {
		status: 410,
		title: "The registration has ended",
		meaning:
			"It was ended by its device or its owner, or its push service said that the subscription is dead. Or the key " +
			"that it was made with is not the server's any more. It does not come back: subscribe and register again.",
		example: {
			detail: "This registration has ended, and does not come back: subscribe and register again.",
		},
	},
	"body-too-large": {
		status: 413,
		title: "The body is too large",
		meaning: "A push subscription is far smaller than the limit.",
		example: { detail: `The body is larger than ${httpBounds.jsonBody.is} bytes.` },
	},
	"unsupported-media-type": {
		status: 415,
		title: "The body is of another type",
		meaning: "Send JSON, and say so: Content-Type: application/json.",
		example: { detail: "Send the body as application/json." },
	},
	"invalid-fields": {
		status: 422,
		title: "Some fields do not fit",
		meaning: "Each is listed under errors, with its path and what it must be.",
		example: {
			detail:
				'subscription.endpoint: must be there; "devicename" is not a field here: did you mean deviceName?',
			errors: [
				{ path: "subscription.endpoint", message: "must be there" },
				{ path: "", message: '"devicename" is not a field here: did you mean deviceName?' },
			],
		},
	},
	"choose-app": {
		status: 422,
		title: "Choose an app",
		meaning: "This server serves several apps: name one of those listed under apps.",
		example: {
			detail: "This server serves several apps, choose one: first, second.",
			apps: ["first", "second"],
		},
	},
	"unknown-app": {
		status: 422,
		title: "No such app",
		meaning: "The server serves the apps listed under apps.",
		example: { detail: "There is no such app here. There is: webpush.", apps: ["webpush"] },
	},
	"over-quota": {
		status: 429,
		title: "Too many registrations",
		meaning:
			"One client address and one push service host may have only so many registrations, and one network a tenth " +
			"of a host's. Remove some, or ask the operator to raise the setting that is named.",
		example: {
			detail:
				"Your network address has as many registrations as this server allows. The operator raises that with " +
				"MAX_REGISTRATIONS_PER_ADDRESS.",
			quota: "address",
			settings: ["MAX_REGISTRATIONS_PER_ADDRESS"],
		},
	},
	"too-many-requests": {
		status: 429,
		title: "Too many requests",
		meaning: "Wait for as many seconds as Retry-After says.",
		example: { detail: "Too many requests from your network: wait 1 s." },
	},
	"internal-error": {
		status: 500,
		title: "Something went wrong here",
		meaning: "It is the server's mistake, and is in its log.",
		example: { detail: "The request could not be handled; the server's log says why." },
	},
	"not-configured": {
		status: 503,
		title: "The server is not set up yet",
		meaning: "Its operator has to set something first; the detail names it.",
		example: {
			detail:
				"This server has no XMPP address yet, so nobody could publish to a registration. Its operator sets " +
				"XMPP_SERVICE, XMPP_USERNAME and XMPP_PASSWORD, or XMPP_ADDRESS where another process speaks XMPP.",
			settings: ["XMPP_SERVICE", "XMPP_USERNAME", "XMPP_PASSWORD", "XMPP_ADDRESS"],
		},
	},
	unavailable: {
		status: 503,
		title: "Not now",
		meaning: "A part that this needs does not work at the moment. Nothing is lost: try again later.",
		example: { detail: "The database does not answer. Try again later." },
	},
} satisfies Record<string, ProblemKind>;

export type ProblemName = keyof typeof problemKinds;

/** Members beside those of RFC 9457 §3.1. */
export interface ProblemExtensions {
	errors?: { path: string; message: string }[];
	apps?: string[];
	quota?: string;
	/** Of an invite. */
	why?: string;
	settings?: string[];
	/** Of a wrong token. */
	triesLeft?: number;
}

/** Thrown anywhere in a route; each sub-app's error handler tells it in its own way. */
export class Problem extends Error {
	override name = "Problem";
	readonly kind: ProblemName;
	readonly headers: Readonly<Record<string, string>>;
	readonly extensions: ProblemExtensions;

	/** @param detail a sentence for whoever can act on it; it must hold no secret, token or body */
	constructor(
		kind: ProblemName,
		detail: string,
		{ headers = {}, ...extensions }: ProblemExtensions & { headers?: Record<string, string> } = {},
	) {
		super(detail);
		this.kind = kind;
		this.headers = headers;
		this.extensions = extensions;
	}

	get status() {
		return problemKinds[this.kind].status;
	}
}

/** The anchor of a kind of problem on the documentation page. */
export const problemAnchor = (kind: ProblemName) => `problem-${kind}`;

/** RFC 9457 §3.1. */
const problemSchema = z
	.object({
		type: z.string().openapi({ description: "A link to what this kind of problem is" }),
		title: z.string(),
		status: z.int(),
		detail: z.string().openapi({ description: "What happened here, and what to do" }),
		errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
		apps: z.array(z.string()).optional(),
		quota: z.string().optional(),
		settings: z.array(z.string()).optional(),
	})
	.openapi("Problem");

/** A problem as RFC 9457 writes it. */
function problemDocument(problem: Problem): z.infer<typeof problemSchema> {
	const { status, title } = problemKinds[problem.kind];
	return {
		type: `/docs#${problemAnchor(problem.kind)}`,
		title,
		status,
		detail: problem.message,
		...problem.extensions,
	};
}

/** The answer of the JSON API to a problem. */
export function problemResponse(problem: Problem): Response {
	return new Response(JSON.stringify(problemDocument(problem)), {
		status: problem.status,
		headers: { ...problem.headers, "Content-Type": "application/problem+json" },
	});
}

/** What the server says in a case of this kind. */
export function exampleProblem(kind: ProblemName): z.infer<typeof problemSchema> {
	const { detail, ...extensions }: ProblemKind["example"] = problemKinds[kind].example;
	return problemDocument(new Problem(kind, detail, extensions));
}

/**
 * The responses of a route that can fail in these ways, for the OpenAPI document.
 * @param ways a kind, or a problem itself where this route has other words for it
 */
export function problemResponses(...ways: (ProblemName | Problem)[]) {
	const all = ways.map((way) => {
		const kind = way instanceof Problem ? way.kind : way;
		return { kind, example: way instanceof Problem ? problemDocument(way) : exampleProblem(way) };
	});
	const statuses = Map.groupBy(all, ({ kind }) => problemKinds[kind].status);
	return Object.fromEntries(
		[...statuses].map(([status, same]) => [
			status,
			{
				description: same.map(({ kind }) => `${problemKinds[kind].title} (${kind}).`).join(" "),
				content: {
					"application/problem+json": {
						schema: problemSchema,
						examples: named(Object.fromEntries(same.map(({ kind, example }) => [kind, example]))),
					},
				},
			},
		]),
	);
}
