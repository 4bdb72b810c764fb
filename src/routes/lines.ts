/** Answers of the form API: lines of text. */

/** No newline at the end: clients count the lines. */
export function lines(status: number, ...all: string[]): Response {
	return new Response(all.join("\n"), {
		status,
		headers: { "Content-Type": "text/plain; charset=utf-8" },
	});
}
