/** The bodies of the JSON API: what they must be, and how the OpenAPI document describes them. */
import { z } from "@hono/zod-openapi";
import { httpBounds } from "../../limits/bounds/http.ts";
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { ASKED_CLASSES } from "../../xmpp/push-classes.ts";
import {
	DECLARATIVE,
	DEVICE_SECRET,
	INVITE,
	JID,
	NODE,
	PUSH2,
	REGISTER,
	SECRET,
	SERVICES,
	SUBSCRIPTION,
	TIME,
} from "./examples.ts";
import { closed, label } from "./validation.ts";

/** Longest text taken as an endpoint; the push service's own rule is stricter and has a better sentence. */
const ENDPOINT_CHARACTERS = httpBounds.tokenField.is;

const subscription = closed({
	endpoint: z.string().min(1).max(ENDPOINT_CHARACTERS).openapi({
		description: "Where the push service takes pushes for this device: an https URL",
		example: SUBSCRIPTION.endpoint,
	}),
	keys: closed({
		p256dh: z.string().max(200).openapi({
			description: "The device's P-256 public key, base64url (RFC 8291)",
			example: SUBSCRIPTION.keys.p256dh,
		}),
		auth: z.string().max(100).openapi({
			description: "The authentication secret, base64url (RFC 8291)",
			example: SUBSCRIPTION.keys.auth,
		}),
	})
		.optional()
		.openapi({ description: "Without keys a push carries no content: it only wakes" }),
	expirationTime: z
		.unknown()
		.optional()
		.openapi({
			type: ["number", "null"],
			description: "What browsers put there; not used",
			example: null,
		}),
}).openapi("Subscription", {
	description: "Exactly what PushSubscription.toJSON() gives; for UnifiedPush the same, by hand",
});

const declarative = closed({
	title: label(registrationBounds.title.is).openapi({
		description: "What a notification is titled where no sender was published",
		example: DECLARATIVE.title,
	}),
	navigate: z.string().min(1).max(registrationBounds.navigate.is).openapi({
		description: "The URL that a tap on it opens: https",
		example: DECLARATIVE.navigate,
	}),
}).openapi("Declarative", {
	description:
		"For Declarative Web Push, which Safari and the web apps of iPhone and iPad show without a service worker: pushes " +
		"to Apple then have its form beside ours. Missing, when it renews: as before.",
});

const deviceName = label(httpBounds.deviceName.is).openapi({
	description: "A name for people",
	example: "Kitchen tablet",
});

const pushClass = z.enum(ASKED_CLASSES, { error: `must be one of ${ASKED_CLASSES.join(", ")}` });

const classes = z.array(pushClass).openapi({
	description:
		"The classes of pushes that the app asks for; the others are not sent to it. voip: calls, where the server " +
		"says that they are; high: messages; low: what is not urgent, such as read marks. Events of the account, such " +
		"as its removal, are always sent. Missing: when a device registers all, but for low at ntfy, which shows " +
		"every push, and at Apple's Web Push, which ends subscriptions whose pushes show nothing: ask for it if your app " +
		"shows something for each push. " +
		"When it renews: as before.",
	example: ["voip", "high", "low"],
});

/** What the app and its user choose. */
const choices = {
	deviceName: deviceName.optional(),
	classes: classes.min(1, "must name at least one class").optional(),
};

/** A device: a browser's subscription, or the token that another push service gave it. */
const device = {
	subscription: subscription.optional(),
	token: z.string().min(1).max(ENDPOINT_CHARACTERS).optional().openapi({
		description: "For all services but Web Push: the device's token (APNs: hex; WNS: the channel URI)",
		example: "740f4707bebcf74f9b7c25d48e3358945f6aa01da5ddb387462c7eaf61bb78ad",
	}),
	voipToken: z.string().max(400).optional().openapi({
		description: "APNs: the token of the PushKit channel, hex; calls go there",
		example: "b59dbe32a0d2f0ef0d4ac0d3a1a8b9b0a5cc4ae3bcb0ac5d5b3fd7bd7ed4a9c0",
	}),
	applicationId: z.string().max(255).optional().openapi({
		description: "Ubuntu Touch: which application of the phone, package_app",
		example: "com.example.chat_chat",
	}),
	declarative: declarative.optional(),
};

/** Either kind of device, not both. */
const oneDevice = (body: { subscription?: unknown; token?: unknown }) =>
	(body.subscription === undefined) !== (body.token === undefined);
const ONE_DEVICE = { error: "must be there, or token in its place, and not both", path: ["subscription"] };

export const registerSchema = closed({
	app: z.string().optional().openapi({
		description: "One of the apps that GET /services lists; needed where several fit",
		example: "webpush",
	}),
	...device,
	...choices,
	invite: z
		.string()
		.min(1)
		.max(registrationBounds.inviteTyped.is)
		.optional()
		.openapi({
			description:
				"In place of the registration token: an invite's code, or what stands behind #invite= in its link. It is " +
				"used up by that. Where everybody may register it does nothing.",
			example: INVITE,
		}),
})
	.refine(oneDevice, ONE_DEVICE)
	.openapi("Register", { example: REGISTER });

export const renewSchema = closed({ ...device, ...choices })
	.refine(oneDevice, ONE_DEVICE)
	.openapi("Renew", { example: { subscription: SUBSCRIPTION } });

const app = z.string().openapi({ example: "webpush" });
const node = z.string().openapi({ description: "The pubsub node to publish to", example: NODE });

export const enablingSchema = z
	.object({
		account: z.string().openapi({ example: "romeo@example.net" }),
		state: z.enum(["enabled", "waiting", "refused", "disabled"]).openapi({
			description:
				"enabled: the user's server publishes from now on, and the app need not tell it anything; waiting: it could " +
				"not be asked yet, and is asked again by itself; refused: it does not, and is not asked again before the " +
				"device registers again; disabled: it publishes no more",
			example: "enabled",
		}),
		reason: z
			.string()
			.optional()
			.openapi({ description: "Why not", example: "example.net does not give the permission (XEP-0356)" }),
	})
	.openapi("Enabling", {
		description:
			"There where the JWT's claim jid named an account, and this server enables push for its domain: what became of " +
			"that at the user's own server",
	});

export const registeredSchema = z
	.object({
		jid: z.string().openapi({
			description: "Where the user's XMPP server publishes: the jid of XEP-0357's <enable/>",
			example: JID,
		}),
		node,
		secret: z.string().openapi({
			description:
				"Goes to the user's XMPP server, into the publish-options of <enable/>. It lets that server publish, and " +
				"opens nothing here.",
			example: SECRET,
		}),
		deviceSecret: z.string().openapi({
			description:
				"The device's own: the bearer token that looks the registration up, renews, tests and ends it. Keep it, and " +
				"give it to no server.",
			example: DEVICE_SECRET,
		}),
		push2: z
			.url()
			.optional()
			.openapi({
				description:
					"For Push 2.0 (`urn:xmpp:push2:0`): the `<client/>` of its `<enable/>`, with the jid as its `<service/>`. " +
					"Whoever has it may publish. Missing: the operator has not set PUBLIC_URL",
				example: PUSH2,
			}),
		publishSecret: z.literal(false).optional().openapi({
			description:
				"There where the jid is a pubsub service, which takes no secret: leave the secret out of <enable/>",
		}),
		app,
		deviceName: z.string().optional().openapi({ example: "Kitchen tablet" }),
		classes: classes.optional(),
		enabling: enablingSchema.optional(),
	})
	.openapi("Registered");

const time = (description: string) => z.iso.datetime().openapi({ description, example: TIME });

export const registrationSchema = z
	.object({
		jid: z.string().optional().openapi({ example: JID }),
		node,
		app,
		deviceName: z.string().optional().openapi({ example: "Kitchen tablet" }),
		classes: classes.optional(),
		token: z.string().openapi({
			description: "The endpoint, masked: its host and its last 4 characters",
			example: "updates.push.services.mozilla.com…mple",
		}),
		encrypted: z.boolean().openapi({
			description: "Whether pushes carry content: the subscription has keys",
			example: true,
		}),
		declarative: declarative.optional(),
		registeredAt: time("When the device registered first"),
		renewedAt: time("When it last did"),
		lastSuccessAt: time("When a push was last delivered").optional(),
		lastErrorAt: time("When a push last failed since the renewal").optional(),
		lastError: z.string().optional().openapi({ description: "Why", example: "429 too many requests" }),
		enabling: enablingSchema.optional(),
	})
	.openapi("Registration");

export const renewedSchema = registrationSchema
	.extend({
		secret: z.string().optional().openapi({
			description:
				"There where node and secret are others than before: hand these to the user's XMPP server from now on",
			example: SECRET,
		}),
		deviceSecret: z.string().optional().openapi({
			description: "There where the secret is there: use this one from now on",
			example: DEVICE_SECRET,
		}),
		push2: z.url().optional().openapi({
			description: "There where the secret is there, as when the device registered",
			example: PUSH2,
		}),
	})
	.openapi("Renewed");

export const endedSchema = z.object({ enabling: enablingSchema }).openapi("Ended");

export const testSchema = z
	.object({
		result: z.enum(["delivered", "queued", "superseded", "skipped"]).openapi({
			description:
				"delivered: the push service has it; queued: it will be tried again; superseded: a newer push goes " +
				"in its place; skipped: this device gets no pushes of its class (`classes`)",
			example: "delivered",
		}),
		reason: z
			.string()
			.optional()
			.openapi({ description: "Why it could not be delivered now", example: "503 push service unwell" }),
	})
	.openapi("TestResult");

export const servicesSchema = z
	.object({
		jid: z.string().optional().openapi({
			description: "Where users' servers publish; missing while XMPP is not set up",
			example: JID,
		}),
		apps: z.array(
			z.object({
				name: app,
				service: z.string().openapi({ example: "webpush" }),
				vapidPublicKey: z.string().optional().openapi({
					description: "What a browser subscribes with: applicationServerKey",
					example: SERVICES.apps[0]?.vapidPublicKey,
				}),
			}),
		),
		registration: z.enum(["open", "token", "jwt"]).openapi({
			description:
				"open: everybody may register; token: whoever has the operator's token; jwt: whoever has a JWT of the " +
				"app's own backend",
			example: "open",
		}),
	})
	.openapi("Services");

export const nodeParam = z.object({
	node: z.string().openapi({ param: { name: "node", in: "path" }, example: NODE }),
});
