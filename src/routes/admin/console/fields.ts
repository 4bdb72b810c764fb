/** What the page sends: bodies and queries, checked as those of the JSON API are. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { consoleHttpBounds } from "../../../limits/bounds/console-http.ts";
import { closed, label, validationHook } from "../../api/validation.ts";
import type { RequestEnv } from "../../deps.ts";
import { Problem } from "../../problem.ts";

const LONGEST = consoleHttpBounds.query.is;

/** Anything that somebody types, or nothing at all. */
export const typed = z.string().max(LONGEST).trim();
export const given = label(LONGEST);
export const reasonText = z
	.string()
	.trim()
	.max(consoleHttpBounds.reason.is)
	.refine((text) => !/\p{Cc}/u.test(text), "must not have control characters");

function checked<Schema extends z.ZodType>(c: Context, schema: Schema, value: unknown): z.output<Schema> {
	const result = schema.safeParse(value);
	// It throws the problem.
	validationHook({ ...result, target: "json" } as never, c as unknown as Context<RequestEnv>);
	return result.data as z.output<Schema>;
}

/** @throws {Problem} for what is no JSON, and for fields that do not fit */
export async function bodyOf<Shape extends z.ZodRawShape>(c: Context, shape: Shape) {
	const type = c.req.header("Content-Type") ?? "";
	// A form of another page can send any text, but not say that it is JSON.
	if (!/^application\/json\s*(;|$)/i.test(type))
		throw new Problem("unsupported-media-type", "Send the body as application/json.");
	const body: unknown = await c.req.json().catch(() => {
		throw new Problem("malformed-body", "The body is not JSON.");
	});
	return checked(c, closed(shape), body);
}

/** @throws {Problem} for fields that do not fit */
export function queryOf<Shape extends z.ZodRawShape>(c: Context, shape: Shape) {
	return checked(c, closed(shape), c.req.query());
}
