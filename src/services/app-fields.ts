/** What the fields of an app's table may be, with what is said of those that are not. */
import { z } from "zod";

export const words = z.string({ error: "must be a text, in quotes" }).trim().min(1, "must not be empty");

export const yesOrNo = z.boolean({ error: "must be true or false, without quotes" });

export const url = z.url({
	protocol: /^https?$/,
	error: "must be a URL that begins https:// or http://",
});
