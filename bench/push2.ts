/** Messages of Push 2.0, beside publishes of the same run to the same registrations and push service. */
import { allAnswered, type Row, type Section } from "./rows.ts";
import type { ProviderKind } from "./wire/provider.ts";
import { firstStartWith, measure, reveilleOn, startProvider } from "./wire/scene.ts";
import { seed } from "./wire/seeded.ts";

const REGISTRATIONS = 100_000;
const WINDOW = { component: 512, websocket: 128 };
/**
 * A message counts when the push service has it. Then Reveille may have as many again in hand, whose answers it has not
 * read yet: with 200 of them an account puts all on disk, which it never does with so many publishes.
 */
const MESSAGES = { component: 512, websocket: 96 };
const TARGET = 0.9;
/** As mod_push2 pads a short message: the envelope filled up to some 950 bytes, the header and the tag. */
const BYTES = 1_050;

const NAMES: Readonly<Partial<Record<ProviderKind, string>>> = { fcm: "FCM", webpush: "Web Push" };

async function ofProvider(kind: ProviderKind, report: (row: Row) => void): Promise<void> {
	const provider = await startProvider(kind);
	const seeded = await seed(REGISTRATIONS, kind, provider, firstStartWith(provider));
	try {
		const { dataFolder, targets } = seeded;
		const ours = reveilleOn(dataFolder, provider);
		for (const transport of ["component", "websocket"] as const) {
			const load = { transport, targets };
			const publishes = await measure(ours, { ...load, window: WINDOW[transport] });
			const messages = await measure(ours, {
				...load,
				window: MESSAGES[transport],
				push2: { bytes: BYTES, provider: provider.url },
			});
			report({
				name: `Push 2.0 to ${NAMES[kind]}, ${transport === "component" ? "as a component" : "as an account"}`,
				unit: "messages",
				ours: messages,
				target: TARGET,
				floor: { ...publishes, name: "Reveille itself, publishes" },
				must: [allAnswered(messages)],
			});
		}
	} finally {
		seeded.remove();
		await provider.stop();
	}
}

export const push2: Section = {
	name: "push2",
	about: `messages of Push 2.0 with ${BYTES.toLocaleString("en")} bytes of content, against publishes of the same run`,
	async run(report) {
		for (const kind of ["fcm", "webpush"] as const) await ofProvider(kind, report);
	},
};
