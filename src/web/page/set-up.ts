/**
 * The set-up, from an address and a password to a test push that was shown: its states and what leads from one to the
 * next. No part of it draws. The password lives in this closure alone, and only until the second login is there.
 */
import { signal as createSignal, type ReadonlySignal } from "@preact/signals";
import type { Devices, OwnDevice } from "../devices.ts";
import type { DeviceApi, Kit, Registered, Session, SubscriptionJson } from "../kit/kit.ts";
import type { WebAppSettings } from "../settings.ts";
import { readAccount, readService } from "./account.ts";
import type { Browser, Clock } from "./browser.ts";
import { putWithKey } from "./encrypting.ts";
import { inviteIn } from "./invite-link.ts";
import { faultOf, type PageFault } from "./page-fault.ts";
import { byReveille, byServer, type TestResult, testPush } from "./test-push.ts";
import { asDevice, deviceOf, subscribe } from "./this-browser.ts";

/** What is done after the tap, in this order. */
export const REGISTERING = ["subscribe", "register", "enable", "sign-in-again"] as const;

export type SetUpState =
	| { at: "sign-in"; jid: string; mistake?: "jid" | "password" | PageFault }
	| { at: "finding"; jid: string; domain: string; service?: string; signedIn: boolean }
	| { at: "address"; domain: string; typed: string; mistake?: "not-wss" | PageFault }
	| { at: "missing"; domain: string }
	| { at: "allow"; domain: string; dismissed: boolean }
	| { at: "denied"; domain: string }
	/** The account is let in by an invite alone. */
	| { at: "invite"; domain: string; mistake?: PageFault }
	/** `done`: how many of REGISTERING. */
	| { at: "registering"; domain: string; done: number }
	| { at: "stopped"; domain: string; fault: PageFault; step: Step }
	| { at: "testing"; device: OwnDevice; domain: string }
	| { at: "tested"; device: OwnDevice; domain: string; result: TestResult };

/** The four steps that the page draws. */
export type Step = "sign-in" | "server" | "allow" | "test";

export const STEPS: readonly Step[] = ["sign-in", "server", "allow", "test"];

export function stepOf(state: SetUpState): Step {
	switch (state.at) {
		case "sign-in":
			return "sign-in";
		case "finding":
		case "address":
		case "missing":
			return "server";
		case "allow":
		case "denied":
		case "invite":
		case "registering":
			return "allow";
		case "stopped":
			return state.step;
		case "testing":
		case "tested":
			return "test";
	}
}

export interface SetUpEffects {
	kit: Kit;
	api: DeviceApi;
	devices: Devices;
	browser: Browser;
	clock: Clock;
	/** Of the settings: both are there, or the page does not come this far. */
	reveille: { address: string; vapidPublicKey: string; servers: WebAppSettings["servers"] };
	/** The secret of the invite whose link led here, if one did. */
	invite(): string | undefined;
	/** A new id, that nobody can guess. */
	newId(): string;
	/** The body of a test push. */
	testBody(): string;
	/** Takes the second login, for the list of devices. */
	signedIn(session: Session): void;
	/** The store has another device. */
	changed(): void;
}

export interface SetUp {
	readonly state: ReadonlySignal<SetUpState>;
	signIn(jid: string, password: string): Promise<void>;
	/** Tries the WebSocket address that a person typed. */
	tryAddress(url: string): Promise<void>;
	/** Asks the server again whether it has push, or does again what stopped. */
	again(): Promise<void>;
	/** From a tap. @param name of the device */
	allow(name: string): Promise<void>;
	/** Goes on with an invite. @param typed its code, or its link */
	showInvite(typed: string): Promise<void>;
	testAgain(): Promise<void>;
	/** Forgets all, and is at the sign-in again. */
	stop(): void;
}

/** What one run knows; a new one begins with each sign-in. */
interface Run {
	readonly jid: string;
	readonly domain: string;
	/** Gone after the second login. */
	password?: string;
	/** In the order in which they are tried. */
	services: readonly string[];
	/** The address that a person typed. */
	typed?: string;
	session?: Session | undefined;
	/** Whether the account's server can encrypt what a push says. */
	encrypts?: boolean;
	/** Chosen with the tap. */
	name?: string;
	/** As a person typed it. */
	invite?: string;
	device?: OwnDevice;
	registered?: Registered;
	readonly ending: AbortController;
}

/** Thrown where a run was stopped meanwhile: nobody looks at it any more. */
class Stopped extends Error {}

export function createSetUp(effects: SetUpEffects): SetUp {
	const { browser } = effects;
	const state = createSignal<SetUpState>({ at: "sign-in", jid: "" });
	let run: Run | undefined;

	/** Goes on with a run. What fails says where it stopped. */
	async function step(of: Run, at: Step, act: (of: Run) => Promise<SetUpState>): Promise<void> {
		try {
			const next = await act(of);
			if (of === run) state.value = next;
		} catch (error) {
			if (of !== run || error instanceof Stopped) return;
			const next = afterFault(of, at, faultOf(error));
			if (next.at === "sign-in") leave();
			state.value = next;
		}
	}

	const show = (of: Run, next: SetUpState) => {
		if (of !== run) throw new Stopped();
		state.value = next;
	};

	const leave = () => {
		run?.ending.abort();
		// The second login is not ours any more.
		if (run?.password !== undefined) void run.session?.close();
		if (run) delete run.password;
		run = undefined;
	};

	const findAndAsk = (of: Run) => step(of, "server", (it) => ask(effects, it, show));
	const register = (of: Run) =>
		step(of, "allow", async (it) => {
			await registerBrowser(effects, it, show);
			return test(effects, it, show);
		});

	return {
		state,
		async signIn(typed, password) {
			leave();
			const account = readAccount(typed);
			if (!account || password === "") {
				state.value = { at: "sign-in", jid: typed, mistake: account ? "password" : "jid" };
				return;
			}
			run = { ...account, password, services: [], ending: new AbortController() };
			await findAndAsk(run);
		},
		async tryAddress(typed) {
			if (!run) return;
			const service = readService(typed, browser.https);
			if (!service) {
				state.value = { at: "address", domain: run.domain, typed, mistake: "not-wss" };
				return;
			}
			run.services = [service];
			run.typed = service;
			await findAndAsk(run);
		},
		async again() {
			const was = state.value;
			if (!run) state.value = { at: "sign-in", jid: "" };
			else if (was.at === "stopped" && was.step === "allow") await register(run);
			else await findAndAsk(run);
		},
		async allow(name) {
			const of = run;
			if (!of) return;
			of.name = name;
			// First of all: some browsers ask only straight from the tap.
			const permission = await browser.askPermission();
			// Given up meanwhile, or tapped once more and under way.
			if (of !== run || !isAsking(state.value)) return;
			const { domain } = of;
			if (permission === "denied") state.value = { at: "denied", domain };
			else if (permission === "default") state.value = { at: "allow", domain, dismissed: true };
			else await register(of);
		},
		async showInvite(typed) {
			if (!run) return;
			run.invite = inviteIn(typed);
			await register(run);
		},
		async testAgain() {
			if (run) await step(run, "test", (it) => test(effects, it, show));
		},
		stop() {
			const jid = run?.jid ?? "";
			leave();
			state.value = { at: "sign-in", jid };
		},
	};
}

/** Whether a person is asked for the permission. */
const isAsking = ({ at }: SetUpState) => at === "allow" || at === "denied";

type Show = (of: Run, next: SetUpState) => void;

/** Finds the server, logs in, and asks what it can do. */
async function ask(effects: SetUpEffects, run: Run, show: Show): Promise<SetUpState> {
	const { jid, domain } = run;
	show(run, { at: "finding", jid, domain, signedIn: false });
	if (run.services.length === 0) {
		run.services = await effects.kit.findServer(domain, effects.reveille.servers, run.ending.signal);
	}
	const service = run.services[0] ?? "";
	show(run, { at: "finding", jid, domain, service, signedIn: false });
	const session = await connected(effects, run);
	show(run, { at: "finding", jid, domain, service, signedIn: true });
	const { push, encrypts } = await session.features();
	run.encrypts = encrypts;
	if (push) return { at: "allow", domain, dismissed: false };
	// The admin mends it and starts the server anew: that takes a new login.
	await hangUp(run);
	return { at: "missing", domain };
}

/** The login that there is, or another one: it may have been lost while a person read. */
async function connected({ kit }: SetUpEffects, run: Run): Promise<Session> {
	if (run.session) return run.session;
	const { jid, password = "", services } = run;
	const session = await kit.logIn({ jid, password }, services, run.ending.signal);
	if (run.ending.signal.aborted) {
		void session.close();
		throw new Stopped();
	}
	run.session = session;
	void session.closed.then(() => {
		if (run.session === session) run.session = undefined;
	});
	return session;
}

async function hangUp(run: Run): Promise<void> {
	const { session } = run;
	run.session = undefined;
	await session?.close();
}

/** Subscribes, registers, enables; then the second login, which stays: `signInAgain` says why. */
async function registerBrowser(effects: SetUpEffects, run: Run, show: Show): Promise<void> {
	const { domain } = run;
	const at = (done: number) => show(run, { at: "registering", domain, done });
	if (!run.device) {
		at(0);
		const subscription = await subscribe(effects, effects.reveille.vapidPublicKey);
		at(1);
		const session = await connected(effects, run);
		const made = await registerAt(effects, run, session, subscription);
		await enable(effects, run, session, made, () => at(2));
	}
	at(3);
	await signInAgain(effects, run);
}

/** What `<enable/>` says. */
interface Made {
	registered: Registered;
	/** What the account's server encrypts with, if it does. */
	contentKey: string | undefined;
	/** Whether an invite was shown, which it may have used up. */
	isInvited: boolean;
}

/** Registers, and keeps the device: from now on a push may come for it. One of the same account is replaced. */
async function registerAt(
	{ api, browser, devices, reveille, clock, newId, changed, invite }: SetUpEffects,
	run: Run,
	session: Session,
	subscription: SubscriptionJson,
): Promise<Made> {
	const { account } = session;
	const former = (await devices.all()).filter((device) => device.account === account);
	const deviceId = former.find((device) => device.deviceId)?.deviceId ?? (await devices.deviceId(newId()));
	const name = run.name ?? "";
	const shown = run.invite ?? invite();
	const registered = await session.registerBrowser(reveille.address, {
		...asDevice(browser, { subscription, name, deviceId, wantsLow: false }),
		invite: shown,
	});
	const device = deviceOf(registered, { account, name, subscription, now: clock.now() });
	device.deviceId = deviceId;
	if (run.typed !== undefined) device.service = run.typed;
	const contentKey = run.encrypts ? await putWithKey(devices, device) : undefined;
	if (contentKey === undefined) await devices.put(device);
	for (const old of former) {
		if (old.node === registered.node) continue;
		// One that a client of the person's enabled: it would show each message a second time.
		if (old.deviceId !== deviceId) await api.end(old).catch(() => {});
		await devices.remove(old.node);
	}
	run.device = device;
	run.registered = registered;
	changed();
	return { registered, contentKey, isInvited: shown !== undefined };
}

/**
 * What cannot be enabled is not kept: nothing would ever wake it. By invite it stays at Reveille: the next try renews
 * it, where a new one would find the invite used up.
 */
async function enable(
	{ api, devices, reveille, changed }: SetUpEffects,
	run: Run,
	session: Session,
	{ registered, contentKey, isInvited }: Made,
	begin: () => void,
): Promise<void> {
	try {
		begin();
		await session.enable(registered, contentKey);
	} catch (error) {
		const { device } = run;
		delete run.device;
		await devices.remove(registered.node);
		changed();
		// The server may have enabled it, and the answer is what was lost, with the way to Reveille through it.
		if (isInvited) {
			await session.disable(registered.jid, registered.node).catch(() => {});
			throw error;
		}
		await session
			.end(reveille.address, registered.node)
			.catch(() => device && api.end(device))
			.catch(() => {});
		throw error;
	}
}

/**
 * Prosody sends no push for a registration while the session that enabled it is connected: that one ends, and another
 * one stays. With it the password is not needed any more.
 */
async function signInAgain(effects: SetUpEffects, run: Run): Promise<void> {
	await hangUp(run);
	const session = await connected(effects, run);
	delete run.password;
	effects.signedIn(session);
	effects.browser.persist();
}

async function test(effects: SetUpEffects, run: Run, show: Show): Promise<SetUpState> {
	const { api, clock, reveille, testBody } = effects;
	const { device, registered, session, domain } = run;
	if (!device || !registered) throw new Stopped();
	show(run, { at: "testing", device, domain });
	const sending = session
		? byServer({ session, address: reveille.address, clock }, device, registered, testBody())
		: byReveille(api, device);
	const result = await testPush(effects, sending, run.ending.signal);
	return { at: "tested", device, domain, result };
}

/** Where a person can do something about it. */
function afterFault({ jid, domain, typed }: Run, step: Step, fault: PageFault): SetUpState {
	switch (fault.kind) {
		case "wrong-password":
		case "domain-unknown":
			return { at: "sign-in", jid, mistake: fault };
		case "no-server-known":
		case "server-unreachable":
			return { at: "address", domain, typed: typed ?? "", mistake: fault };
		case "no-push":
			return { at: "missing", domain };
		case "invite-needed":
			return { at: "invite", domain };
		case "no-invite":
			return { at: "invite", domain, mistake: fault };
		default:
			return { at: "stopped", domain, fault, step };
	}
}
