/** @jsxImportSource preact */
/** States, each with its word. */
import type { DeviceState, EventView, Fate, GateView } from "../wire.ts";

export type Tone = "ok" | "warn" | "bad" | "off";

export const Badge = ({ tone, children }: { tone: Tone; children: string }) => (
	<span class={`badge ${tone}`}>{children}</span>
);

const DEVICE: Readonly<Record<DeviceState, readonly [Tone, string]>> = {
	works: ["ok", "Works"],
	waits: ["warn", "Waits"],
	fails: ["bad", "Fails"],
	new: ["off", "Never pushed"],
};

export function DeviceBadge({ state }: { state: DeviceState }) {
	const [tone, word] = DEVICE[state];
	return <Badge tone={tone}>{word}</Badge>;
}

/** What becomes of a push: its name in sentences and legends. */
export const FATES: Readonly<Record<Fate, { name: string; tone: Tone }>> = {
	delivered: { name: "Delivered", tone: "ok" },
	later: { name: "Again later", tone: "warn" },
	gone: { name: "Device gone", tone: "off" },
	refused: { name: "Refused", tone: "bad" },
	setup: { name: "Our credentials", tone: "bad" },
};

export const FateBadge = ({ fate }: { fate: Fate }) => (
	<Badge tone={FATES[fate].tone}>{FATES[fate].name}</Badge>
);

/** What ended as it should is grey; red asks for action. */
const EVENT: Readonly<Record<EventView["kind"], Tone>> = {
	failed: "bad",
	refused: "bad",
	ended: "off",
	gate: "warn",
	"wrong-node": "warn",
	"wrong-secret": "bad",
	"not-accepted": "bad",
	action: "off",
};

export const EventBadge = ({ event }: { event: EventView }) => (
	<Badge tone={EVENT[event.kind]}>{event.what}</Badge>
);

/** @param until when it is tried next, as a time */
export function GateBadge({ gate, until }: { gate: GateView; until: string | undefined }) {
	if (gate.state === "open") return <Badge tone="ok">Open</Badge>;
	if (gate.state === "trying") return <Badge tone="warn">Tries again</Badge>;
	return until === undefined ? (
		<Badge tone="bad">Shut until you act</Badge>
	) : (
		<Badge tone="warn">{`Shut until ${until}`}</Badge>
	);
}
