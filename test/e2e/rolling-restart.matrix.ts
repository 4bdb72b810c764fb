/** Restarting the connectors of a component's domain one after the other, while messages come. */
import { expect, test } from "bun:test";
import type { Reveille } from "../peers/reveille.ts";
import { connectUser } from "../peers/user.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import {
	asComponent,
	COMPONENT,
	evenly,
	fleetSettings,
	metric,
	providerOfFile,
	registerMany,
	startDatabase,
	startOne,
} from "./fleet.ts";
import { names, type ServerName, startServer } from "./scene.ts";

const USERS = names(40);
const PER_SECOND = 50;

const { provider, ends } = providerOfFile();

/** Two connectors of one domain, and users who sleep and have push enabled there. */
async function openFleet(program: ServerName) {
	const server = await startServer(program, { components: [COMPONENT] });
	ends.push(() => server.stop());
	await server.addUsers(["alice", ...USERS], "secret");
	const settings = {
		...(await fleetSettings(await startDatabase(ends), provider)),
		...asComponent(server),
		PUSH_INTERVAL_MS: "0",
	};
	const one = await startOne(settings, ends);
	const two = await startOne(settings, ends, program === "prosody" ? "health" : "ready");
	const addresses = await registerMany(USERS.length, one, provider);
	const login = async (username: string) =>
		connectUser({ service: server.websocketUrl, domain: server.host, username, password: "secret" });
	for (const [index, name] of USERS.entries()) {
		const user = await login(name);
		await user.online();
		await user.enablePush(addresses[index] as (typeof addresses)[number]);
		await user.goOffline();
	}
	const alice = await login("alice");
	ends.push(() => alice.goOffline());
	return { server, one, two, alice };
}

/** Each user gets messages in turn, while something is done and for a second after. @returns how many */
async function underMessages(
	{ alice, server }: Awaited<ReturnType<typeof openFleet>>,
	act: () => Promise<void>,
): Promise<number> {
	let messages = 0;
	const write = () => alice.sendMessage(`${USERS[messages % USERS.length]}@${server.host}`, `${messages++}`);
	let isOver = false;
	const acting = act().finally(() => {
		isOver = true;
	});
	while (!isOver) await evenly(PER_SECOND, 1, write);
	await acting;
	await evenly(PER_SECOND, 1, write);
	return messages;
}

const enabled = async (server: XmppServer): Promise<number> =>
	(await server.pushEnabledOf(USERS)).flat().length;

/** Resolves when so many pushes more have come. */
async function untilPushed(count: number): Promise<void> {
	const before = new Set(provider.pushes);
	await provider.waitForPushes(count, (push) => !before.has(push));
}

/** Resolves when nothing was pushed for a second: it shows that no more comes. @returns how many pushes there were */
async function untilQuiet(): Promise<number> {
	for (let before = -1; before < provider.pushes.length; ) {
		before = provider.pushes.length;
		await Bun.sleep(1_000);
	}
	return provider.pushes.length;
}

async function restart(connector: Reveille) {
	await connector.halt();
	await connector.start();
}

test("at a real ejabberd, both restarted under 50 messages a second: every user's push stays, and is sent", async () => {
	const fleet = await openFleet("ejabberd");
	const { server, one, two } = fleet;
	const messages = await underMessages(fleet, async () => {
		for (const connector of [one, two]) {
			// As many as there are users, whichever of the two serves them.
			await untilPushed(USERS.length);
			await restart(connector);
		}
	});
	const pushes = await untilQuiet();
	console.log(
		`ejabberd: ${messages} messages, ${pushes} pushes, ${await enabled(server)} of ${USERS.length} registrations left after two restarts`,
	);
	expect(await enabled(server)).toBe(USERS.length);
	// A publish may be on its way to a stream that is just being closed.
	expect(pushes).toBeGreaterThan(messages - 10);
	expect(pushes).toBeLessThanOrEqual(messages);
}, 60_000);

test("at a real Prosody, which takes one connection, the second stands by: being away costs pushes, and no registration", async () => {
	const fleet = await openFleet("prosody");
	const { server, one, two } = fleet;
	await two.untilLogged("of the same database, this one stands by");
	expect((await fetch(`${two.url}/ready`)).status).toBe(503);
	let away = 0;
	const takeOver = async (from: Reveille, end: "halt" | "kill9", to: Reveille) => {
		// Enough that what may be lost below is not all of them.
		await untilPushed(2 * PER_SECOND);
		await from[end]();
		const endedAt = performance.now();
		await to.untilReady();
		away = Math.max(away, performance.now() - endedAt);
	};
	const messages = await underMessages(fleet, async () => {
		await takeOver(one, "halt", two);
		const started = one.start().catch(() => {});
		await one.untilLogged("of the same database, this one stands by");
		await takeOver(two, "kill9", one);
		await started;
	});
	const pushes = await untilQuiet();
	console.log(
		`prosody: ${messages} messages, ${pushes} pushes, ${await enabled(server)} of ${USERS.length} registrations left after two changes; away for ${Math.round(away)} ms at most`,
	);
	expect(await enabled(server)).toBe(USERS.length);
	// It looks every second. Twice somebody was away, and what was written just before may be lost as well.
	expect(away).toBeLessThan(10_000);
	expect(pushes).toBeGreaterThan(messages - 2 * (away / 1_000 + 2) * PER_SECOND);
	expect(await metric(one, `reveille_xmpp_online{address="${COMPONENT.domain}"}`)).toBe(1);
	// It says once that it stands by, and not every second.
	expect(two.log().split("stands by").length - 1).toBe(1);
}, 60_000);
