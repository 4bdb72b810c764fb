// Reveille's HTTP half on Deno, and on Deno Deploy with this file as the entry point. docs/edge.md says
// which settings it needs; they are environment variables. First: npx --yes bun@1.4.5 run edge
import worker from "../dist/worker.js";

const settings = Deno.env.toObject();

Deno.serve(
	{ hostname: settings.HOST ?? "127.0.0.1", port: Number(settings.PORT ?? 5357) },
	(request, { remoteAddr }) => {
		// Where the worker reads the client's address, for quotas: always set here, whatever the client sent.
		const headers = new Headers(request.headers);
		headers.set("CF-Connecting-IP", remoteAddr.hostname);
		return worker.fetch(new Request(request, { headers }), settings);
	},
);
