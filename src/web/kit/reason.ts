import { webKitBounds } from "../../limits/bounds/web-kit.ts";
import { cutTo } from "../../limits/text-length.ts";

/** What is shown of why somebody refused something: their own words, or else the condition, cut. */
export function reasonOf({ text, condition }: { text?: string | undefined; condition?: string | undefined }) {
	return cutTo(text?.trim() || condition || "", webKitBounds.reason.is);
}
