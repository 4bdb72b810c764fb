/**
 * Providers in a process of their own, so that what they cost is not measured: two that speak FCM's protocol, one of
 * which hangs when told to, and servers of strangers that mean no good.
 *
 * Tells its parent the addresses, and ends with it.
 */

/** Where everything is. */
export interface LoadAddresses {
	/** FCM, and its token endpoint at `/token`. `/hang` and `/recover` say how; `/settled` and `/log` are told below. */
	sick: string;
	well: string;
	/** A push service of Web Push's that works. */
	stranger: string;
	/** Servers that hang or answer badly, each an origin. */
	hostile: string[];
	/** Servers that hang, each an origin. */
	hanging: string[];
}

/** What every one of a kind says, whole; undefined: nothing, ever. */
const SAYINGS = [
	undefined,
	"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 410 No\r\nContent-Length: 0\r\n\r\n",
	"\0\x01 this is not HTTP\r\n\r\n",
];
const ORIGINS_OF_A_KIND = 20;

/** Speaks FCM's protocol, and keeps what it answered for. */
function serveFcm(): string {
	/** By token, the counts of the messages that arrived, oldest first. */
	const arrived = new Map<string, number[]>();
	let isHanging = false;
	let settled: (() => void) | undefined;

	async function push(request: Request): Promise<Response> {
		const { message } = (await request.json()) as { message: { token: string; data: { count?: string } } };
		// Never answered, not even after recovery.
		if (isHanging) return new Promise(() => {});
		if (message.token.startsWith("garbage")) return garbage();
		arrived.set(message.token, [...(arrived.get(message.token) ?? []), Number(message.data.count)]);
		settled?.();
		return Response.json({ name: "projects/p/messages/0:1" });
	}

	/** Answers once the newest push of every token is the one it should be. */
	async function settle(request: Request): Promise<Response> {
		const wanted = Object.entries((await request.json()) as Record<string, number>);
		const holds = () => wanted.every(([token, count]) => arrived.get(token)?.at(-1) === count);
		await new Promise<void>((resolve) => {
			settled = () => holds() && resolve();
			settled();
		});
		return new Response();
	}

	const server = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		idleTimeout: 0,
		routes: {
			"/token": () => Response.json({ access_token: "bearer", expires_in: 3600 }),
			"/hang": () => {
				isHanging = true;
				return new Response();
			},
			"/recover": () => {
				isHanging = false;
				return new Response();
			},
			"/settled": settle,
			"/log": () => Response.json(Object.fromEntries(arrived)),
		},
		fetch: push,
	});
	return `http://127.0.0.1:${server.port}`;
}

function garbage(): Response {
	const details = [
		{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode: "INVALID_ARGUMENT" },
	];
	return Response.json({ error: { code: 400, status: "INVALID_ARGUMENT", details } }, { status: 400 });
}

function serveHostile(saying: string | undefined): string {
	const server = Bun.listen({
		hostname: "127.0.0.1",
		port: 0,
		socket: {
			data(socket) {
				if (saying !== undefined) socket.end(saying);
			},
		},
	});
	return `http://127.0.0.1:${server.port}`;
}

function serveStranger(): string {
	const server = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		idleTimeout: 0,
		fetch: () => new Response(null, { status: 201 }),
	});
	return `http://127.0.0.1:${server.port}`;
}

if (import.meta.main) {
	process.on("disconnect", () => process.exit());
	const addresses: LoadAddresses = {
		sick: serveFcm(),
		well: serveFcm(),
		stranger: serveStranger(),
		hanging: Array.from({ length: 60 }, () => serveHostile(undefined)),
		hostile: SAYINGS.flatMap((saying) =>
			Array.from({ length: ORIGINS_OF_A_KIND }, () => serveHostile(saying)),
		),
	};
	process.send?.(addresses);
}
