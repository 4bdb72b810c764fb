/** Answers that nobody may keep: they hold secrets, or are true only now. */
import { createMiddleware } from "hono/factory";

export const noStore = createMiddleware(async (c, next) => {
	await next();
	c.header("Cache-Control", "no-store");
});
