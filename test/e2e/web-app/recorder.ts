/** Stands between a browser and Reveille, and keeps all that the browser asks: of every page, tab and service worker. */

export interface Recorded {
	method: string;
	path: string;
	/** As JSON. */
	headers: string;
	body: string;
}

export interface Recorder {
	/** In place of Reveille's. */
	readonly url: string;
	readonly asked: readonly Recorded[];
	stop(): Promise<void>;
}

/** @param target Reveille's URL */
export function startRecorder(target: string): Recorder {
	const asked: Recorded[] = [];
	const server = Bun.serve({
		hostname: "127.0.0.1",
		port: 0,
		async fetch(request) {
			const { method, headers } = request;
			const { pathname, search } = new URL(request.url);
			const body = await request.text();
			asked.push({ method, path: pathname + search, headers: JSON.stringify(headers), body });
			const answer = await fetch(new URL(pathname + search, target), {
				method,
				headers,
				redirect: "manual",
				...(body !== "" && { body }),
			});
			const passed = new Headers(answer.headers);
			// It is unpacked here.
			passed.delete("content-encoding");
			passed.delete("content-length");
			return new Response(answer.body, { status: answer.status, headers: passed });
		},
	});
	return { url: server.url.href.replace(/\/$/, ""), asked, stop: () => server.stop(true) };
}
