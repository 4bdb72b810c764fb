/**
 * What Fluux Messenger registers by: the Web Push of ejabberd's Business Edition (`p1:push`). Its server hands the
 * requests on to us (delegation.ts), and lets us enable push there, which Fluux itself does not.
 *
 * Source: `WebPush` and `useWebPush` of fluux-messenger.
 */
import xml, { type Element } from "@xmpp/xml";
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { deviceHash } from "../../syntax/device-hash.ts";
import type { AskedClass, DeviceInput } from "../../types.ts";
import { NS } from "../namespaces.ts";
import { badField, type Call, CommandError, notServed, register } from "./command.ts";
import type { Registrar } from "./registrar.ts";

/** Its service worker shows something for each push: what is not urgent would be a false alarm. */
const CLASSES: readonly AskedClass[] = ["voip", "high"];
/** For people, in their lists of devices: it gives itself no name. */
const NAME = "Fluux Messenger";
const TYPE = "webpush";
/** Endpoint and both keys. */
const LONGEST_ID = registrationBounds.endpoint.is + 200;

/** The names of the apps that take browsers. */
const appsOf = ({ apps }: Registrar) =>
	apps.filter(({ service }) => service === "webpush").map(({ name }) => name);

/** A subscription as `ENDPOINT#P256DH#AUTH`. @throws {CommandError} */
function deviceIn(request: Element): DeviceInput & { token: string } {
	const notification = request.getChild("notification");
	const type = notification?.getChildText("type");
	const id = notification?.getChildText("id")?.trim() ?? "";
	if (type !== TYPE) throw badField(`The type of the notification must be ${TYPE}.`);
	if (id.length > LONGEST_ID)
		throw badField(`The id of the notification has more than ${LONGEST_ID} characters.`);
	const [, token, p256dh, auth] = /^(.+)#([^#]+)#([^#]+)$/.exec(id) ?? [];
	if (token === undefined || p256dh === undefined || auth === undefined)
		throw badField("The id of the notification must be endpoint, p256dh and auth, with # between them.");
	return { token, p256dh, auth };
}

/** @throws {CommandError} */
function appIn(request: Element, registrar: Registrar): string {
	const name = request.getChildText("appid")?.trim() ?? "";
	if (appsOf(registrar).includes(name)) return name;
	throw new CommandError(
		"cancel",
		"item-not-found",
		"There is no such appid here: ask for the services again.",
	);
}

/** Hashed, so that its length is bounded. One browser has one endpoint, and with new keys it is the same device. */
const deviceOf = async ({ token }: { token: string }): Promise<string> => `fluux:${await deviceHash(token)}`;

const services = ({ registrar }: Call): Element =>
	xml(
		"services",
		{ xmlns: NS.p1WebPush },
		...appsOf(registrar).map((appid) => xml("service", { vapid: registrar.vapidPublicKey, appid })),
	);

/** @throws {CommandError} unless its server publishes from now on */
async function registerAndEnable(request: Element, call: Call): Promise<undefined> {
	const { owner, registrar } = call;
	const device = deviceIn(request);
	const { node } = await register(call, {
		...device,
		dialect: "fluux",
		app: { type: appIn(request, registrar) },
		device: await deviceOf(device),
		deviceName: NAME,
		classes: CLASSES,
	});
	const enabling = await registrar.ownUsers?.enable(node);
	if (enabling?.state === "enabled") return undefined;
	const why = enabling?.reason === undefined ? "" : `: ${enabling.reason}`;
	if (enabling?.state === "waiting")
		throw new CommandError(
			"wait",
			"resource-constraint",
			`Push is not enabled yet${why}. It is tried again.`,
		);
	await registrar.remove(owner, { nodes: [node] });
	throw new CommandError("cancel", "not-allowed", `Push cannot be enabled at your server${why}.`);
}

/** What is not there is disabled. @throws {CommandError} */
async function disable(request: Element, { owner, registrar }: Call): Promise<undefined> {
	const device = await deviceOf(deviceIn(request));
	const ended = await registrar.remove(owner, { device, app: { type: appIn(request, registrar) } });
	for (const one of ended) await registrar.ownUsers?.ended(one);
}

export const fluux = {
	/** Those of the requests. */
	namespaces: [NS.p1WebPush, NS.p1Push] as readonly string[],

	/** Whether it works with today's configuration. */
	isServed: (registrar: Registrar): boolean =>
		registrar.ownUsers !== undefined &&
		registrar.vapidPublicKey !== undefined &&
		appsOf(registrar).length > 0,

	/**
	 * @returns the payload of a result, or undefined for an empty one
	 * @throws {CommandError}
	 */
	async answer(type: string, request: Element, call: Call): Promise<Element | undefined> {
		switch (`${type} ${request.getNS()} ${request.getName()}`) {
			case `get ${NS.p1WebPush} services`:
				return services(call);
			case `set ${NS.p1Push} push`:
				return registerAndEnable(request, call);
			case `set ${NS.p1Push} disable`:
				return disable(request, call);
			default:
				throw notServed("Of p1:push, services, push and disable are served here.");
		}
	},
};
