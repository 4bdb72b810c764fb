/** One's own users: whatever is claimed, permitted or handed on, nobody is acted for but whom a listed domain vouches for. */
import fc from "fast-check";
import { createPermissions } from "../../src/connector/enabling/permissions.ts";
import { createOwnUsers } from "../../src/registering/own-users.ts";
import { preparedBareJid } from "../../src/syntax/prepared-jid.ts";
import type { RegisterRequest, Registrar } from "../../src/xmpp/commands/registrar.ts";
import { createDelegation } from "../../src/xmpp/delegation.ts";
import { bareOf, domainOf } from "../../src/xmpp/jid.ts";
import { NS } from "../../src/xmpp/namespaces.ts";
import { createStanzaHandler } from "../../src/xmpp/stanzas.ts";
import { parse } from "../xmpp/parse.ts";
import { claim, claimSentence, same } from "./claims.ts";
import { anyText, spoiltText } from "./hostile.ts";
import { always, eventually, type Fuzzed } from "./property.ts";
import { spoiltStanza } from "./spoilt-xml.ts";

const OURS = "example.org";
const HERE = "push.example.org";
const DOMAINS = [OURS, "b\u00fccher.example"];

const nobody = () => Promise.reject(new Error("it is not asked"));
const ownUsers = createOwnUsers({
	domains: DOMAINS,
	address: HERE,
	enablings: new Proxy({} as never, { get: () => nobody }),
	keyring: { underCurrentKey: (node) => node },
	isBarred: () => false,
});

const aJid = fc.constantFrom(
	"romeo@example.org",
	"ROMEO@Example.Org.",
	"r\u00f6meo@b\u00fccher.example",
	"romeo@xn--bcher-kva.example",
	"\u05d0\u05d1@example.org",
	"romeo@example.org/balcony",
	"carol@example.com",
);
const jids = fc.oneof(
	spoiltText(aJid),
	anyText.map((text) => `${text}@example.org`),
	anyText,
);

/** Takes down what is registered. */
function watched() {
	const registered: RegisterRequest[] = [];
	const enabled: string[] = [];
	const registrar: Registrar = {
		apps: [{ name: "webpush", service: "webpush" }],
		services: new Set(["webpush"]),
		providers: [],
		vapidPublicKey: "key",
		givesSecrets: true,
		ownUsers: {
			async enable(node) {
				enabled.push(node);
				return { node, owner: "", jid: HERE, state: "enabled", since: 0 };
			},
			ended: async () => undefined,
		},
		mayRegister: () => true,
		isInvited: async () => false,
		async register(request) {
			registered.push(request);
			return { kind: "registered", jid: HERE, node: "N", secret: "S", deviceSecret: "D" };
		},
		test: async () => ({ kind: "nothing" }),
		rename: async () => ({ kind: "renamed", registrations: [] }),
		list: async () => [],
		remove: async () => [],
		secretOf: async () => "S",
	};
	return { registrar, registered, enabled };
}

const ID = `https://updates.push.services.mozilla.com/wpush/v2/one#${"A".repeat(87)}#${"B".repeat(22)}`;
const delegated = (request: string, { type = "set", to = "" } = {}) =>
	`<iq type="set" id="q1" from="${OURS}" to="${HERE}"><delegation xmlns="${NS.delegation}"><forwarded xmlns="${NS.forward}"><iq xmlns="${NS.client}" type="${type}" id="its" from="romeo@${OURS}/x"${to}>${request}</iq></forwarded></delegation></iq>`;
const notification = `<notification><type>webpush</type><id>${ID}</id></notification><appid>webpush</appid>`;
const HANDED_ON = [
	delegated(`<services xmlns="${NS.p1WebPush}"/>`, { type: "get" }),
	delegated(`<push xmlns="${NS.p1Push}"><body send="all"/><offline>true</offline>${notification}</push>`),
	delegated(`<push xmlns="${NS.p1Push}">${notification}</push>`, { to: ` to="juliet@${OURS}"` }),
	delegated(`<disable xmlns="${NS.p1Push}">${notification}</disable>`),
	`<iq type="get" id="q1" from="${OURS}" to="${HERE}"><query xmlns="${NS.discoInfo}" node="${NS.delegation}::${NS.p1WebPush}"/></iq>`,
];

const permission = (from: string, type: string) =>
	`<message from="${from}" to="${HERE}"><privilege xmlns="${NS.privilege}"><perm access="roster" type="get"/><perm access="iq"><namespace ns="${NS.push}" type="${type}"/></perm></privilege></message>`;
const PERMISSIONS = [permission(OURS, "set"), permission(OURS, "both"), permission("example.com", "set")];

export const fuzzed: Fuzzed = {
	name: "own users",
	properties: [
		always("any text is one bare JID, spelt in one way, or none", { weight: 3 }, jids, (text) => {
			const jid = preparedBareJid(text);
			if (jid === undefined) return;
			same(preparedBareJid(jid), jid);
			same(bareOf(jid), jid);
			claim(/^[^@/\s]+@[^@/\s]+$/.test(jid), "it is no bare JID");
			claim(jid.normalize("NFKC") === jid, "it has another spelling");
		}),
		eventually(
			"a claim speaks for an account of a listed domain, or for nobody",
			{ weight: 2, most: 100_000 },
			fc.oneof(jids, fc.jsonValue({ maxDepth: 2 })),
			async (jid) => {
				const account = await ownUsers.accountOf(jid);
				if (account.kind === "refused") return claimSentence(account.reason);
				claim(DOMAINS.includes(domainOf(account.owner)), "its domain is not listed");
				claim(typeof jid === "string" && !jid.includes("/"), "it was no bare JID");
			},
		),
		always(
			"a permission is given by a listed domain that gives this one alone",
			{ weight: 2, most: 150_000 },
			spoiltStanza(PERMISSIONS),
			(stanza) => {
				const permissions = createPermissions(DOMAINS);
				for (const domain of DOMAINS) permissions.trust(HERE, domain, true);
				permissions.hear(HERE, stanza);
				const given = permissions.given();
				claim(given.length === 0 || given[0] === stanza.attrs.from, "another domain has it");
				claim(given.length === 0 || String(stanza).includes(NS.push), "it is for something else");
			},
		),
		eventually(
			"what is handed on gets one answer, and registers whom the server itself vouches for",
			{ weight: 4, most: 150_000 },
			spoiltStanza(HANDED_ON),
			async (stanza) => {
				const { registrar, registered } = watched();
				const faults: unknown[] = [];
				const commands = { registrar, onFault: (error: unknown) => faults.push(error) };
				const handle = createStanzaHandler({
					publish: async () => ({ kind: "wait", reason: "none here" }),
					commands,
					delegation: createDelegation({ ...commands, domains: DOMAINS, turn: async () => {} }),
					version: "1",
				});
				const reply = await handle(stanza);
				same(faults, []);
				for (const { owner, dialect } of registered) {
					if (dialect !== "fluux") continue;
					same(domainOf(owner), stanza.attrs.from);
					claim(DOMAINS.includes(String(stanza.attrs.from)), "its domain is not listed");
				}
				if (!reply) return;
				const error = reply.getChild("error");
				if (error && stanza.attrs.type === "set") same(error.attrs.type, "wait");
				same(parse(String(reply)).attrs.id, stanza.attrs.id);
			},
		),
	],
};
