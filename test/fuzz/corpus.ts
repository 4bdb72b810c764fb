/** What is good: the stanzas that servers, clients and a pubsub host send. Fuzzing spoils them. */
import { NS } from "../../src/xmpp/namespaces.ts";
import { APNS_BASE64, APNS_HEX, command, JULIET, PUSH, submit } from "../xmpp/commands/commands-fixture.ts";
import { options, publishIq, summary } from "../xmpp/parse.ts";
import { push2Message } from "../xmpp/push2-messages.ts";

const iq = (type: string, payload: string, id = "q1") =>
	`<iq type="${type}" id="${id}" from="${JULIET}" to="${PUSH}">${payload}</iq>`;

const body = { "message-count": "1", "last-message-body": "New Message!", "last-message-sender": JULIET };

/** As Prosody, ejabberd, Tigase and MongooseIM publish. */
export const PUBLISHES: readonly string[] = [
	publishIq(summary({ ...body, "pending-subscription-count": "" }, "form")),
	publishIq(summary(body)),
	publishIq(""),
	publishIq(`<priority xmlns="${NS.tigasePriority}">high</priority>${summary(body)}`),
	publishIq(`<encrypted xmlns="${NS.tigaseEncrypt}" iv="aXY=" type="voip">Y2lwaGVy</encrypted>`),
	publishIq(
		`<event xmlns="${NS.tigaseEvent}" name="account-removed"/><groupchat xmlns="${NS.tigaseGroupchat}"><nickname>Romeo</nickname></groupchat>`,
	),
	publishIq(summary(body), options({ pushModule: "monalProdiOS", secret: "S", mode: "prod" })),
	publishIq(summary(body), ""),
];

const OURS = `https://push.example.net/push2/${"N".repeat(27)}.${"s".repeat(43)}`;
const PAYLOAD = new Uint8Array(120).fill(4).toBase64();

/** As Prosody's mod_push2 sends: to a registration, in Snikket's form, to be relayed; with all there may be, and with little. */
export const MESSAGES: readonly string[] = [
	push2Message({ client: OURS, priority: "normal", payload: PAYLOAD }),
	push2Message({ client: OURS, priority: "high", voip: true, payload: PAYLOAD }),
	push2Message({ client: OURS }),
	push2Message({ client: `https://api.push.apple.com/3/device/${APNS_HEX}#org.example.chat&${APNS_HEX}` }),
	push2Message({
		client: "https://push.example/token-1",
		priority: "low",
		payload: PAYLOAD,
		jwt: { token: "aGVhZA.Ym9keQ.c2ln", key: "BAAA+/==" },
	}),
];

const TIGASE = { provider: "tigase:messenger:apns:1", "device-token": APNS_HEX };
const ENDPOINT = "https://push.example/token-1";

/** All dialects' commands. */
export const COMMANDS: readonly string[] = [
	command("register-push-apns", submit({ token: APNS_BASE64, "device-name": "Home" })),
	command("register-push-gcm", submit({ token: "gcm-token", "device-id": "one" })),
	command("register-push-mozilla", submit({ token: ENDPOINT, classes: ["voip", "high"] })),
	command(
		"register-push-ubuntu",
		submit({ token: "VGhlIHRva2Vu", "application-id": "com.example.chat_chat" }),
	),
	command(
		"register-push-wns",
		submit({ token: encodeURIComponent("https://db5.notify.windows.com/?token=A%3d") }),
	),
	command("list-push-registrations"),
	command("unregister-push", submit({ nodes: ["{node}", "{victim}"] })),
	command("test-push"),
	command("test-push", submit({ node: "{node}" })),
	command("test-push", submit({ node: "{victim}", "device-id": "one" })),
	command("test-push", submit({ "device-id": "one" })),
	command("rename-push"),
	command("rename-push", submit({ node: "{node}", "device-name": "Phone" })),
	command("rename-push", submit({ node: "{victim}", "device-id": "one", "device-name": "Phone" })),
	command("unregister-push", submit({ "device-id": "one" })),
	command("v1-register-push", submit({ type: "fcm", node: "one", token: "fcm-token" })),
	command("v1-unregister-push", submit({ type: "fcm", node: "one" })),
	command("register-push-fcm", submit({ token: "t", "device-id": "one", muc: "room@muc.example" })),
	command("register-push-apns", submit({ token: APNS_HEX, "android-id": "one" })),
	command("unregister-push-fcm", submit({ "device-id": "one", channel: "0".repeat(40) })),
	command("register-device", submit({ ...TIGASE, "device-second-token": APNS_HEX })),
	command("unregister-device", submit(TIGASE)),
	command("register-push-webpush", "", `action="execute"`),
	command("register-push-fcm", "", `action="cancel" sessionid="s1"`),
].map((payload) => iq("set", payload));

/** What anybody may ask. */
export const QUESTIONS: readonly string[] = [
	iq("get", `<ping xmlns="${NS.ping}"/>`),
	iq("get", `<query xmlns="${NS.version}"/>`),
	iq("get", `<query xmlns="${NS.discoInfo}"/>`),
	iq("get", `<query xmlns="${NS.discoInfo}" node="${NS.commands}"/>`),
	iq("get", `<query xmlns="${NS.discoItems}" node="${NS.commands}"/>`),
	iq("get", `<query xmlns="${NS.discoItems}" node="register-push-fcm"/>`),
];

const item = `<item id="i1" publisher="example.org"><notification xmlns="${NS.push}">${summary(body)}</notification></item>`;
const HOST = "pubsub.example.net";

/** What a pubsub host says, unasked and asked. */
export const PUBSUB_HOST: readonly string[] = [
	`<message from="${HOST}" to="${PUSH}" type="headline"><event xmlns="${NS.pubsubEvent}"><items node="N">${item}</items></event></message>`,
	`<message from="${HOST}" to="${PUSH}"><event xmlns="${NS.pubsubEvent}"><items node="N"><retract id="i1"/></items></event></message>`,
	`<message from="${HOST}" to="${PUSH}"><event xmlns="${NS.pubsubEvent}"><delete node="N"/></event></message>`,
	`<iq type="result" id="q1" from="${HOST}" to="${PUSH}"><pubsub xmlns="${NS.pubsub}"><items node="N">${item}${item}</items></pubsub></iq>`,
	`<iq type="result" id="q1" from="${HOST}" to="${PUSH}"><pubsub xmlns="${NS.pubsub}"><subscriptions><subscription node="N" jid="${PUSH}" subscription="subscribed"/></subscriptions></pubsub></iq>`,
	`<iq type="error" id="q1" from="${HOST}" to="${PUSH}"><pubsub xmlns="${NS.pubsub}"/><error type="cancel"><conflict xmlns="${NS.stanzaErrors}"/><text xmlns="${NS.stanzaErrors}">taken</text></error></iq>`,
];

export const STANZAS: readonly string[] = [
	...PUBLISHES,
	...MESSAGES,
	...COMMANDS,
	...QUESTIONS,
	...PUBSUB_HOST,
];
