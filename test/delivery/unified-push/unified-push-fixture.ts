/** UnifiedPush over a real database, with a device whose answers the test gives. */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import type { Noted } from "../../../src/delivery/journal.ts";
import { createUnifiedPushSending } from "../../../src/delivery/unified-push/sending.ts";
import { createTaking, type Sent } from "../../../src/delivery/unified-push/taking.ts";
import { unifiedPushBounds } from "../../../src/limits/bounds/unified-push.ts";
import { createKeyring } from "../../../src/secrets.ts";
import { createBars } from "../../../src/store/console/bars.ts";
import { createRegistrations } from "../../../src/store/registrations/registrations.ts";
import { createUnifiedPushMessages } from "../../../src/store/unified-push/messages.ts";
import { UNIFIED_PUSH } from "../../../src/xmpp/unified-push.ts";
import { openTestDatabase } from "../../database.ts";
import { PLENTY, readableLog } from "../delivery-fixture.ts";

export const keyring = await createKeyring("a key of at least thirty-two characters, for tests");
export const JID = "juliet@example.org/Conversations.Xy12";
export const COMPONENT = "push.example.org";
const HASH = (letter: string) => `${letter.repeat(43)}=`;
export const DEVICE = `${HASH("A")} ${HASH("B")}`;

/** Of an endpoint. */
export const LIFE_MS = unifiedPushBounds.endpointLife.is * 1000;

export const push = (text: string, given: Partial<Sent> = {}): Sent => ({
	body: new TextEncoder().encode(text),
	ttlSeconds: 3600,
	topic: undefined,
	...given,
});

/** An answer to a stanza of ours. @param condition of an error; missing: a result */
export function answerTo(stanza: Element, condition?: string, from = stanza.attrs.to): Element {
	const { id, from: to } = stanza.attrs;
	if (condition === undefined) return xml("iq", { type: "result", id, from, to });
	const error = xml(
		"error",
		{ type: "cancel" },
		xml(condition, { xmlns: "urn:ietf:params:xml:ns:xmpp-stanzas" }),
	);
	return xml("iq", { type: "error", id, from, to }, error);
}

export type DeviceDouble = (stanza: Element) => Element | undefined | Promise<Element | undefined>;

export async function openUnifiedPushFixture({ deadlineMs = 10_000, isOpen = false } = {}) {
	const database = await openTestDatabase();
	const clock = { now: Date.now() };
	const now = () => clock.now;
	const registrations = createRegistrations(database.db, PLENTY, { now });
	const bars = createBars(database.db, {
		endSome: async (who) => (await registrations.endOf(who)).length,
		now,
	});
	const messages = createUnifiedPushMessages(database.db, { clock: now });
	const { log, lines } = readableLog();
	/** The texts that went out, and the stanzas. */
	const sent: string[] = [];
	/** What the console is told. */
	const noted: Noted[] = [];
	const stanzas: Element[] = [];
	const state = { device: ((stanza) => answerTo(stanza)) as DeviceDouble, isConnected: true };
	const waiters: (() => void)[] = [];

	function connector(name: string) {
		const results: string[] = [];
		const sending = createUnifiedPushSending({
			messages,
			registrations,
			keyring,
			send(stanza) {
				stanzas.push(stanza);
				sent.push(atob(stanza.getChildText("push") ?? ""));
				for (const wake of waiters.splice(0)) wake();
				void Promise.resolve(state.device(stanza)).then((answer) => answer && sending.answered(answer));
			},
			isConnected: () => state.isConnected,
			count: () => {},
			results: { add: (_registration, outcome) => void results.push(outcome) },
			journal: { sent: () => {}, note: (event) => void noted.push(event) },
			connector: name,
			ownerForm: () => "somebody",
			log,
			now,
			deadlineMs,
		});
		return { sending, results };
	}

	async function register(device = DEVICE, jid = JID) {
		const owner = jid.split("/")[0] ?? "";
		const wanted = { owner, app: UNIFIED_PUSH, device, token: jid, jid: COMPONENT, party: "example.org" };
		const result = await registrations.registerInBatch(
			{ ...wanted, dialect: "unifiedpush" },
			keyring.createNode(),
		);
		if (result.kind === "over-quota") throw new Error("no room");
		const { node } = result.registration;
		return { node, token: `${node}.${await keyring.endpointSecretOf(node)}` };
	}

	const one = connector("one");
	return {
		database,
		clock,
		registrations,
		bars,
		messages,
		lines,
		sent,
		noted,
		stanzas,
		state,
		connector,
		...one,
		register,
		/** @param sending of whose process; null: of one without a connector */
		taking: (sending: typeof one.sending | null = one.sending, mayGrow?: () => Promise<boolean>) =>
			createTaking({
				registrations,
				bars,
				keyring,
				messages,
				isOpen,
				endpointLifeMs: LIFE_MS,
				mayGrow,
				sending: sending ?? undefined,
				now,
			}),
		/** Resolves once so many went out. */
		async untilSent(count: number) {
			while (sent.length < count) await new Promise<void>((resolve) => void waiters.push(resolve));
		},
		/** Resolves once so many wait, or fewer. */
		async untilWaiting(count: number) {
			while ((await messages.count()) > count) await Bun.sleep(1);
		},
		close: async () => {
			await one.sending.stop(0);
			await database.close();
		},
	};
}

export type UnifiedPushFixture = Awaited<ReturnType<typeof openUnifiedPushFixture>>;
