/** How a request arrived is told to who watches for it, and to nobody else. */
import { expect, test } from "bun:test";
import { createRequestWatch } from "../../src/routes/request-watch.ts";

const arrival = { peer: "127.0.0.1", forwardedFor: null, isTrusted: false };

test("only words that were given out are noted", () => {
	const watch = createRequestWatch();
	const word = watch.begin();
	expect(watch.of(word)).toBeUndefined();
	watch.arrived("a stranger's", arrival);
	expect(watch.of("a stranger's")).toBeUndefined();
	watch.arrived(word, arrival);
	expect(watch.of(word)).toEqual(arrival);
});

test("of many words the newest are kept", () => {
	const watch = createRequestWatch();
	const words = Array.from({ length: 20 }, () => watch.begin());
	for (const word of words) watch.arrived(word, arrival);
	expect(words.filter((word) => watch.of(word) !== undefined)).toEqual(words.slice(4));
});
