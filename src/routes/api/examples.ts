/**
 * The examples of the documentation: what this server answers to the requests that are shown beside them. A test asks
 * it, and compares.
 */

/** RFC 8291 §5: a receiver's public key. */
const P256_KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

export const NODE = "q1pFbo0zWcF9mZlJ9mYq8cJ8b3I";
export const SECRET = "dGhpcyBpcyBub3QgYSBzZWNyZXQsIGp1c3QgMzIgYnk";
export const DEVICE_SECRET = "q1pFbmFub3RoZXIgb25lLCBmb3IgdGhlIGRldmljZSE";
export const INVITE = "7QMX-0V4H-T9KD";
export const PUSH2 = `https://push.example.net/push2/${NODE}.${SECRET}`;
export const JID = "push@example.net/push";
export const TIME = "2026-01-31T12:00:00.000Z";

const LATER = "2026-02-28T12:00:00.000Z";

/** What `PushSubscription.toJSON()` gives. */
export const SUBSCRIPTION = {
	endpoint: "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABexample",
	keys: { p256dh: P256_KEY, auth: "BTBZMqHH6r4Tts7J_aSIgg" },
};

export const DECLARATIVE = { title: "New message", navigate: "https://chat.example.net/" };

export const REGISTER = { subscription: SUBSCRIPTION, deviceName: "Kitchen tablet" };

export const REGISTERED = {
	jid: JID,
	app: "webpush",
	node: NODE,
	secret: SECRET,
	deviceSecret: DEVICE_SECRET,
	deviceName: "Kitchen tablet",
};

export const REGISTRATION = {
	jid: JID,
	node: NODE,
	app: "webpush",
	deviceName: "Kitchen tablet",
	token: "updates.push.services.mozilla.com…mple",
	encrypted: true,
	registeredAt: TIME,
	renewedAt: TIME,
};

export const RENEWED = { ...REGISTRATION, renewedAt: LATER };

/** The answer to whoever has the secret of a key that was changed. */
export const RENEWED_WITH_ANOTHER_KEY = { ...RENEWED, secret: SECRET, deviceSecret: DEVICE_SECRET };

export const SERVICES = {
	jid: JID,
	apps: [
		{
			name: "webpush",
			service: "webpush",
			vapidPublicKey:
				"BMTGDLKWL-kElTvtmKEtc21LtxtmOLMUB5pK8vUj3f9jb1kkGz7hg9MT1WtZHkLDa4wAh4N48wtFEZ2dEDs6Fsw",
		},
	],
	registration: "open",
};

export const READY = { ready: true, database: "ok", xmpp: "ok" };

/** The same for whoever has the ADMIN_TOKEN. */
export const READY_FOR_ADMINS = {
	...READY,
	notes: [],
	servers: [
		{
			address: JID,
			service: "wss://example.net:5281/xmpp-websocket",
			push: true,
			resumption: true,
			longestStanza: 262_144,
		},
	],
};

export const NOT_READY = { ready: false, database: "The database does not answer.", xmpp: "ok" };

/** As an OpenAPI document has them. */
export const named = (examples: Record<string, unknown>): Record<string, { value: unknown }> =>
	Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));
