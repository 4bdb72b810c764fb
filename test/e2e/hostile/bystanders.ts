/**
 * Users whose devices sleep while a stranger does his worst: all the while they are messaged, one after the other,
 * and each push is timed.
 */
import { xml } from "@xmpp/client";
import type { PushAddress, User } from "../../peers/user.ts";
import type { WebPushServer } from "../../peers/web-push-server.ts";
import type { WnsServer } from "../../peers/wns-server.ts";
import { registerByCommand } from "../ad-hoc.ts";
import { names, type Scene } from "../scene.ts";

/** How many there are. */
export const BYSTANDERS = 100;
/** So many have a device of Windows, and so many one at a push service that nobody named; the others a browser. */
const AT_WNS = 20;
const AT_UNNAMED = 20;
/** How many log in at once: a real server on two cores is shared with everything else. */
const LOGINS = 8;
/** Messages a second to all of them together: each gets one in eight seconds, more than the throttle's five. */
const PER_SECOND = 12;
/** Messages go on for so long after the deed, for what it leaves behind, ms. */
const AFTERWARDS_MS = 2_000;
/** A push that comes later than this after its message was handled is late, ms. */
const IN_TIME_MS = 2_000;
/** One that has not come so long after is not waited for any more, ms. */
const PATIENCE_MS = 15_000;
/** Registering is open to everybody here. */
const NO_TOKEN = "no token";
/** How often it is looked whether pushes came, ms. */
const LOOK_MS = 20;

/** Their accounts. */
export const bystanderNames = () => names(BYSTANDERS, "bystander");

export interface Bystander {
	readonly name: string;
	readonly jid: string;
	/** The endpoint or channel of its device. */
	readonly device: string;
	readonly address: PushAddress & { secret: string };
}

/** One message to a bystander. Times are of `performance.now()`. */
interface Message {
	to: string;
	sentAt: number;
	/** The server answered a question that was asked after it. */
	handledAt?: number;
	wokenAt?: number;
}

export interface Watched {
	messages: number;
	/** How many pushes did not come in time, and how many of them never. */
	late: number;
	never: number;
	/** When the messages of the first of them were sent, and how long their pushes took. */
	first: string[];
	/** How long after its message was handled the slowest push came, ms. */
	slowestMs: number;
	/** The same of 95 in 100. */
	p95Ms: number;
	/** How long the server took at most for a plain question meanwhile, ms. */
	questionMs: number;
	/** The longest time for which this process did not come to look, ms. */
	blindMs: number;
}

export interface Bystanders {
	readonly all: readonly Bystander[];
	/** Messages them in turn while something is done, and for a while after; throws what that throws. */
	watchedWhile(deed: () => Promise<unknown>): Promise<Watched>;
	/** Who of them is not registered for push any more at their server. */
	forgotten(): Promise<string[]>;
}

interface PushServices {
	readonly scene: Scene;
	readonly unnamed: WebPushServer;
	readonly wns: WnsServer;
}

/** Half of the browsers are registered by command, so that their owner is known, the other devices over HTTP. */
export async function gatherBystanders(at: PushServices): Promise<Bystanders> {
	const { scene, unnamed, wns } = at;
	const applicationServerKey = await scene.reveille.vapidPublicKey();

	/** @returns the device's endpoint or channel, and where to publish */
	async function register(user: User, index: number): Promise<[string, Bystander["address"]]> {
		if (index < AT_WNS) {
			const token = wns.createChannel();
			return [token, await scene.reveille.registerDevice({ app: "wns", token }, NO_TOKEN)];
		}
		const service = index < AT_WNS + AT_UNNAMED ? unnamed : scene.endpoint;
		const browser = service.createSubscription({ applicationServerKey });
		const address =
			index % 2 === 0
				? await registerByCommand(user, scene.address, browser)
				: await scene.reveille.register(browser.subscription, NO_TOKEN);
		return [browser.subscription.endpoint, address];
	}

	async function fallAsleep(name: string, index: number): Promise<Bystander> {
		const user = await scene.login(name);
		await user.online();
		const [device, address] = await register(user, index);
		await user.enablePush(address);
		await user.goOffline();
		return { name, jid: user.bareJid, device, address };
	}

	const all: Bystander[] = [];
	const waiting = bystanderNames().map((name, index) => ({ name, index }));
	const admit = async () => {
		for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
			all.push(await fallAsleep(next.name, next.index));
	};
	await Promise.all(Array.from({ length: LOGINS }, admit));

	const friend = await scene.login("alice");
	const pushes = watchPushes(at);
	let turn = 0;

	return {
		all,

		async watchedWhile(deed) {
			const messages: Message[] = [];
			let endsAt = Number.POSITIVE_INFINITY;
			const acting = deed().finally(() => {
				endsAt = performance.now() + AFTERWARDS_MS;
			});
			// It is waited for below, when the messages have gone out.
			acting.catch(() => {});
			const startedAt = performance.now();
			/** The longest time for which this process itself, which is the push services too, looked at nothing. */
			let blindMs = 0;
			const look = async () => {
				const before = performance.now();
				await Bun.sleep(LOOK_MS);
				blindMs = Math.max(blindMs, performance.now() - before - LOOK_MS);
				pushes.note(messages);
			};
			while (performance.now() < endsAt) {
				if (performance.now() >= startedAt + (messages.length * 1000) / PER_SECOND) {
					const to = all[turn++ % all.length];
					if (to) messages.push(write(friend, to));
				}
				await look();
			}
			const givenUpAt = performance.now() + PATIENCE_MS;
			while (messages.some(({ wokenAt }) => wokenAt === undefined) && performance.now() < givenUpAt) {
				await look();
			}
			await acting;
			return watched(messages, blindMs);
		},

		async forgotten() {
			const lost: string[] = [];
			for (const { name, address } of all) {
				const enabled = await scene.server.pushEnabled(name);
				if (!enabled.some(({ node }) => node === address.node)) lost.push(name);
			}
			return lost;
		},
	};
}

function write(friend: User, { jid, device }: Bystander): Message {
	const message: Message = { to: device, sentAt: performance.now() };
	void friend.sendMessage(jid, "Wake up!");
	// The server takes stanzas in order: when it answers, it has handled the message.
	const handled = friend.iq("get", xml("ping", { xmlns: "urn:xmpp:ping" }), undefined, 60_000);
	handled.then(
		() => {
			message.handledAt = performance.now();
		},
		() => {},
	);
	return message;
}

/** @returns finds out which messages woke their device, since it was last asked */
function watchPushes({ scene, unnamed, wns }: PushServices) {
	const came = [
		() => scene.endpoint.pushes.map(({ endpoint }) => endpoint),
		() => unnamed.pushes.map(({ endpoint }) => endpoint),
		() => wns.pushes.map(({ token }) => token),
	];
	const seen = came.map(() => 0);
	return {
		note(messages: readonly Message[]) {
			for (const [index, all] of came.entries()) {
				const devices = all();
				for (const device of devices.slice(seen[index])) {
					const first = messages.find(({ to, wokenAt }) => to === device && wokenAt === undefined);
					if (first) first.wokenAt = performance.now();
				}
				seen[index] = devices.length;
			}
		},
	};
}

/**
 * What the server itself was slow with is not Reveille's: the time runs from when it had handled the message. A push
 * crosses it and the machine twice more (the publish, the answer of the push service): so it has twice the longest time
 * in which the server answered a plain question, on top, and twice the longest time for which this process, which plays
 * the push services, did not come to run. On a quiet machine that is some milliseconds.
 */
function watched(messages: readonly Message[], blindMs: number): Watched {
	const startedAt = messages[0]?.sentAt ?? 0;
	const questionMs = Math.max(0, ...messages.map(({ sentAt, handledAt = sentAt }) => handledAt - sentAt));
	const delays = messages.map(({ to, sentAt, handledAt = sentAt, wokenAt = Number.POSITIVE_INFINITY }) => ({
		at: new URL(to).host,
		after: Math.round(sentAt - startedAt),
		ms: Math.max(0, wokenAt - Math.max(sentAt, handledAt)),
	}));
	const late = delays.filter(({ ms }) => ms > IN_TIME_MS + 2 * (questionMs + blindMs));
	const said = ({ at, after, ms }: (typeof late)[number]) =>
		`to ${at}, sent after ${after} ms: ${Number.isFinite(ms) ? `${Math.round(ms)} ms` : "never"}`;
	const sorted = delays.map(({ ms }) => Math.round(ms)).sort((one, other) => one - other);
	return {
		messages: messages.length,
		late: late.length,
		never: late.filter(({ ms }) => !Number.isFinite(ms)).length,
		first: late.slice(0, 5).map(said),
		slowestMs: sorted.at(-1) ?? 0,
		p95Ms: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
		questionMs: Math.round(questionMs),
		blindMs: Math.round(blindMs),
	};
}
