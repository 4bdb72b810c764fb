import fc from "fast-check";
import { misspelt, settingNames } from "../../src/config/settings.ts";
import { nearest } from "../../src/syntax/spelling.ts";
import { claim, same } from "./claims.ts";
import { anyText, spoiltText } from "./hostile.ts";
import { always, type Fuzzed } from "./property.ts";

/** Levenshtein's distance, by his own recursion, no farther than it matters. */
function distance(one: string, other: string, left = 3): number {
	if (one === other) return 0;
	if (left === 0 || Math.abs(one.length - other.length) > left) return 9;
	if (one === "" || other === "") return one.length + other.length;
	if (one[0] === other[0]) return distance(one.slice(1), other.slice(1), left);
	const next = left - 1;
	return (
		1 +
		Math.min(
			distance(one.slice(1), other, next),
			distance(one, other.slice(1), next),
			distance(one.slice(1), other.slice(1), next),
		)
	);
}

const KNOWN = ["node", "token", "secret", "deviceName", "p256dh", "auth", "subscription"];

export const fuzzed: Fuzzed = {
	name: "spelling",
	properties: [
		always(
			"a name's nearest is at most two letters away, and none is nearer",
			{ weight: 3, most: 500_000 },
			fc.oneof(spoiltText(fc.constantFrom(...KNOWN), 2), anyText),
			(name) => {
				const near = nearest(name, KNOWN);
				const wrong = name.slice(0, 40).toLowerCase();
				const far = (known: string) => distance(wrong, known.toLowerCase());
				const least = Math.min(...KNOWN.map(far));
				same(near === undefined, least > 2);
				if (near !== undefined) same(far(near), least);
			},
		),
		always(
			"what looks like a setting and is none is named, with one that there is or none",
			{ weight: 1, most: 100_000 },
			fc.array(fc.oneof(spoiltText(fc.constantFrom(...settingNames), 1), anyText), { maxLength: 4 }),
			(names) => {
				for (const { name, meant } of misspelt(names)) {
					claim(names.includes(name) && !(settingNames as string[]).includes(name), name);
					claim(meant === undefined || (settingNames as string[]).includes(meant), name);
				}
			},
		),
	],
};
