/** A handler of stanzas over a real database and the real push services' checks, for tests of commands. */
import type { Element } from "@xmpp/xml";
import type { AppConfig } from "../../../src/config/apps.ts";
import { createInviteDesk } from "../../../src/registering/invite-check.ts";
import { createNodeSource } from "../../../src/registering/nodes.ts";
import { announceEnds } from "../../../src/registering/registration-ends.ts";
import { createRegistrationRate } from "../../../src/registering/registration-rate.ts";
import { createRegistrar, type RegistrarDeps } from "../../../src/registering/xmpp-registrar.ts";
import { createKeyring } from "../../../src/secrets.ts";
import { createInvites } from "../../../src/store/invites.ts";
import { createRegistrations } from "../../../src/store/registrations/registrations.ts";
import type { Registration } from "../../../src/types.ts";
import type { Registrar } from "../../../src/xmpp/commands/registrar.ts";
import { createStanzaHandler } from "../../../src/xmpp/stanzas.ts";
import { openTestDatabase, type TestDatabase } from "../../database.ts";
import { servicesWithoutNetwork } from "../../services/without-network.ts";
import { parse } from "../parse.ts";

export const PUSH = "push@example.net/push";
export const JULIET = "juliet@example.org/balcony";
export const SESSION = "session-1";

const keyring = await createKeyring("a key of at least thirty-two characters, for tests");
const alert = { text: "New message" };

export const APNS: AppConfig = {
	name: "apns",
	service: "apns",
	alert,
	topic: "com.example",
	sandbox: false,
	credentials: undefined,
};
export const FCM: AppConfig = { name: "fcm", service: "fcm", alert, serviceAccount: undefined };
export const WEBPUSH: AppConfig = { name: "webpush", service: "webpush", alert };
export const UBUNTU: AppConfig = { name: "ubuntu", service: "ubuntu", alert };
export const WNS: AppConfig = { name: "wns", service: "wns", alert, type: "raw", credentials: undefined };
export const ALL_APPS: readonly AppConfig[] = [WEBPUSH, UBUNTU, APNS, FCM, WNS];

/** Where nothing comes from a pubsub host. */
export const NO_NODES = { claim: async () => undefined, has: async () => false };

export interface CommandsFixtureOptions {
	apps?: readonly AppConfig[];
	/** XMPP_ALLOW. */
	allow?: readonly string[];
	quota?: number;
	/** Whether the disk has room. */
	mayGrow?: () => boolean;
	/** The connection's; default: {@link PUSH}. */
	address?: string;
	publicUrl?: string;
	registrar?: Partial<Registrar>;
	/** A pubsub host takes the publishes in. */
	pubsub?: Pick<RegistrarDeps, "nodes" | "pubsubHost">;
	/** Who is barred, and who hears of those who are turned away. Default: nobody. */
	bars?: Pick<RegistrarDeps, "isBarred" | "note">;
	/** Default: one of its own. */
	database?: TestDatabase;
	/** What becomes of a test push. Default: it is delivered. */
	testPush?: RegistrarDeps["testPush"];
	now?: () => number;
}

export async function openCommandsFixture(options: CommandsFixtureOptions = {}) {
	const { apps = ALL_APPS, allow = ["example.org"], quota = 50, now = Date.now } = options;
	const { testPush = async () => ({ kind: "done", how: "delivered" }) as const } = options;
	const database = options.database ?? (await openTestDatabase());
	const services = await servicesWithoutNetwork(apps);
	const gone: Registration[] = [];
	const registrations = announceEnds(
		createRegistrations(
			database.db,
			{ owner: quota, address: 1000, host: 1000 },
			{ mayGrow: async () => options.mayGrow?.() ?? true },
		),
		(registration) => gone.push(registration),
	);
	const faults: unknown[] = [];
	const tested: string[] = [];
	/** What the connection with this address does. */
	const handlerAt = (address: string) =>
		createStanzaHandler({
			publish: async () => ({ kind: "wait", reason: "these tests publish nothing" }),
			commands: {
				registrar: {
					...createRegistrar({
						registrations,
						keyring,
						nodes: createNodeSource(keyring, NO_NODES, []),
						...options.pubsub,
						apps,
						services,
						allow,
						address,
						publicUrl: options.publicUrl,
						now,
						rate: createRegistrationRate(registrations),
						...options.bars,
						invites: createInviteDesk(createInvites(database.db, now), now),
						testPush(node) {
							tested.push(node);
							return testPush(node);
						},
					}),
					...options.registrar,
				},
				onFault: (error) => faults.push(error),
				newSessionId: () => SESSION,
			},
			version: "1.2.3",
		});
	const handle = handlerAt(options.address ?? PUSH);
	const handlers = new Map([[options.address ?? PUSH, handle]]);

	/** What comes back, as text: of the address that was written to. */
	const reply = async (stanza: string) => {
		const parsed = parse(stanza);
		const its = handlers.get(parsed.attrs.to) ?? handlerAt(parsed.attrs.to);
		handlers.set(parsed.attrs.to, its);
		return String(await its(parsed));
	};

	return {
		...database,
		keyring,
		registrations,
		gone,
		faults,
		tested,
		reply,
		/** The payload of the answer to an IQ. */
		async ask(payload: string, { from = JULIET, to = PUSH, type = "set" } = {}) {
			const stanza = `<iq type="${type}" id="q1" from="${from}" to="${to}">${payload}</iq>`;
			const answer = (await handle(parse(stanza))) as Element;
			const [child, ...more] = answer.getChildElements();
			const { id, to: back, from: here, type: kind } = answer.attrs;
			if (id !== "q1" || back !== from || here !== to || more.length > 0) throw new Error(String(answer));
			if ((kind === "error") !== (child?.is("error") ?? false)) throw new Error(String(answer));
			return String(child ?? "");
		},
		/** The only registration there is. */
		async only() {
			const { rows } = await database.client.execute("SELECT node FROM registrations");
			if (rows.length !== 1) throw new Error(`${rows.length} registrations`);
			const found = await registrations.find(String(rows[0]?.node));
			if (!found) throw new Error("it is not there");
			return found;
		},
		count: async () => (await database.client.execute("SELECT node FROM registrations")).rows.length,
	};
}

export type CommandsFixture = Awaited<ReturnType<typeof openCommandsFixture>>;

const COMMANDS = "http://jabber.org/protocol/commands";

/** A command as programs send it: one form, executed at once. */
export const command = (node: string, form = "", attributes = `action="execute"`) =>
	`<command xmlns="${COMMANDS}" node="${node}" ${attributes}>${form}</command>`;

/** A form that is filled in; a list is a field of several values. */
export const submit = (fields: Record<string, string | readonly string[]>) =>
	`<x xmlns="jabber:x:data" type="submit">${Object.entries(fields)
		.map(([name, values]) => `<field var="${name}">${[values].flat().map(value).join("")}</field>`)
		.join("")}</x>`;
const value = (text: string) => `<value>${text.replaceAll("&", "&amp;")}</value>`;

/** The answer of a command that is done. */
export const completed = (node: string, ...children: readonly string[]) => {
	const open = `<command xmlns="${COMMANDS}" node="${node}" sessionid="${SESSION}" status="completed"`;
	return children.length === 0 ? `${open}/>` : `${open}>${children.join("")}</command>`;
};

/** What a person is told with it. */
export const note = (text: string, type = "info") => `<note type="${type}">${text}</note>`;

/** An error; XEP-0050 §4.5 has a condition of its own for what is wrong with a form. */
export const error = (type: string, condition: string, text: string, specific = "") =>
	`<error type="${type}"><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>` +
	`<text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas" xml:lang="en">${text}</text>` +
	`${specific && `<${specific} xmlns="${COMMANDS}"/>`}</error>`;
export const badField = (text: string) => error("modify", "bad-request", text, "bad-payload");

/** 32 bytes, as APNs has them now: in hexadecimal, and as mod_push's clients send it. */
export const APNS_HEX = "af7aa91ca9b36478d82986c6ef22387e163e0d62aa15913964910cf0ffa50c3a";
export const APNS_BASE64 = "r3qpHKmzZHjYKYbG7yI4fhY+DWKqFZE5ZJEM8P+lDDo=";
