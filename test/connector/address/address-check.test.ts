/** Who has an account's address is asked before it is taken, and after it was lost; against a scripted server. */
import { afterEach, describe, expect, test } from "bun:test";
import { getLogger } from "@logtape/logtape";
import type { XmppAccount } from "../../../src/config/connections.ts";
import { createSameDatabase } from "../../../src/connector/address/same-database.ts";
import type { StreamLease } from "../../../src/connector/address/stream-lease.ts";
import { type Connection, type ConnectionDeps, startConnection } from "../../../src/connector/connection.ts";
import type { StreamState } from "../../../src/store/local/streams.ts";
import { account, startXmppDouble, type XmppDouble, type XmppDoubleOptions } from "../xmpp-double.ts";

const ADDRESS = "push@localhost/push";
const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

type Answer = { value: string } | { error: string } | { from: string; value: string } | "none";

/** A server where whoever asks for the address's holder is answered so: in turn, and the last answer again and again. */
function serverWhere(
	answers: Answer[],
	{ pings = true, ...options }: XmppDoubleOptions & { pings?: boolean } = {},
) {
	const questions: string[] = [];
	const server = startXmppDouble({
		...options,
		onMessage(text, self, say) {
			options.onMessage?.(text, self, say);
			if (pings && text.includes('id="ping"')) say(`<iq type="result" id="ping" from="localhost"/>`);
			if (!text.includes("<same")) return;
			questions.push(text);
			const id = /id="([^"]+)"/.exec(text)?.[1];
			const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? "none";
			if (answer === "none") return;
			const from = "from" in answer ? answer.from : ADDRESS;
			say(
				"error" in answer
					? `<iq type="error" id="${id}" from="${from}"><error type="cancel"><${answer.error} xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>`
					: `<iq type="result" id="${id}" from="${from}"><same xmlns="urn:reveille:0">${answer.value}</same></iq>`,
			);
		},
	});
	ends.push(() => server.stop());
	return { server, questions };
}

const NOBODY: Answer = { error: "service-unavailable" };
const FOREIGN: Answer = { value: "of-another-database" };
const QUICK = { answer: 50, every: 5, farewell: 10, backoffFirst: 1 };

interface Logged {
	error: string[];
	warn: string[];
	info: string[];
}

async function connect(
	server: XmppDouble,
	{
		saved,
		takeAddress = false,
		...deps
	}: Partial<ConnectionDeps> & { saved?: StreamState; takeAddress?: boolean } = {},
) {
	const settings: XmppAccount = { ...account(server.service), takeAddress };
	const logged: Logged = { error: [], warn: [], info: [] };
	const note =
		(kind: keyof Logged) =>
		(line: string, values: Record<string, unknown> = {}) =>
			void logged[kind].push(line.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name])));
	const log = {
		...getLogger("test"),
		error: note("error"),
		warn: note("warn"),
		info: note("info"),
		debug() {},
	} as unknown as ConnectionDeps["log"];
	let kept = saved;
	const streams = {
		load: async () => kept,
		async save(_address: string, state: StreamState) {
			kept = { ...state };
		},
		async forget() {
			kept = undefined;
		},
	};
	const sameDatabase = await createSameDatabase(settings, "database");
	const connection = await startConnection({
		settings,
		sameDatabase,
		streams,
		log,
		handle: async () => undefined,
		onBacklog: async () => {},
		timing: QUICK,
		...deps,
	});
	ends.push(() => connection.stop(async () => {}));
	return { connection, logged, kept: () => kept, sameDatabase };
}

async function until(met: () => boolean) {
	while (!met()) await Bun.sleep(1);
}
const stopped = (connection: Connection) => until(() => connection.status().kind === "stopped");
const conflict = `<stream:error xmlns:stream="http://etherx.jabber.org/streams"><conflict xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>`;
const binds = ({ received }: XmppDouble, resource = "push") =>
	received.filter((text) => text.includes(`<resource>${resource}</resource>`)).length;

describe("before the address is taken for the first time", () => {
	test("its holder is asked by a session with a resource of its own, which sends no presence and is not kept", async () => {
		const { server, questions } = serverWhere([NOBODY]);
		const { connection, sameDatabase } = await connect(server);
		await connection.online;
		expect(questions).toHaveLength(1);
		expect(questions[0]).toContain(`to="${ADDRESS}"`);
		expect(questions[0]).toContain(`>${sameDatabase.value}</same>`);
		expect(server.received.join("")).toMatch(/<resource>asks-[\w-]{36}<\/resource>/);
		expect(server.received.join("")).not.toContain("<presence");
		expect(server.received.filter((text) => text.startsWith("<enable"))).toHaveLength(1);
		expect(server.connections()).toBe(2);
		// Once online it is the server's to tell.
		server.cut();
		await server.until(/<resume /);
		await until(() => connection.status().kind === "online");
		expect(questions).toHaveLength(1);
	});

	test("another database's Reveille keeps it: the sentence says what to do, and names the setting that takes it", async () => {
		const { server } = serverWhere([FOREIGN]);
		const { connection, logged } = await connect(server);
		await stopped(connection);
		expect(connection.status()).toEqual({
			kind: "stopped",
			reason: `${ADDRESS} is the address of another Reveille, which has another database`,
		});
		expect(logged.error.join()).toContain("End the other one, or set another XMPP_RESOURCE here");
		expect(logged.error.join()).toContain("set XMPP_TAKE_ADDRESS=true");
		expect(binds(server)).toBe(0);
		expect(server.connections()).toBe(1);
	});

	test("who leaves it to another database's Reveille leaves its lease too: it would keep the others from serving later", async () => {
		const { server } = serverWhere([FOREIGN]);
		const left = Promise.withResolvers<void>();
		const lease = (): StreamLease => ({
			take: async () => ({ state: undefined }),
			isOurs: async () => true,
			save: async () => {},
			leave: async () => left.resolve(),
		});
		const { connection } = await connect(server, { lease });
		await stopped(connection);
		await left.promise;
		expect(binds(server)).toBe(0);
	});

	test("with XMPP_TAKE_ADDRESS nobody is asked", async () => {
		const { server, questions } = serverWhere([FOREIGN]);
		const { connection } = await connect(server, { takeAddress: true });
		await connection.online;
		expect(questions).toEqual([]);
	});

	test("with a stream to resume nobody is asked", async () => {
		const { server, questions } = serverWhere([FOREIGN]);
		const { connection } = await connect(server, { saved: { id: "session", jid: ADDRESS, inbound: 0 } });
		await connection.online;
		expect(questions).toEqual([]);
	});

	test.each<[string, Answer]>([
		["nobody has it", NOBODY],
		["nobody answers in time, as a session that waits to be resumed", "none"],
		["a client has it that knows no such question", { error: "feature-not-implemented" }],
		["somebody else answers in its place", { from: "push@localhost/x", value: "of-another-database" }],
		["a stranger answers in its place", { from: "mallory@example.org/x", value: "of-another-database" }],
	])("it is taken where %s", async (_name, answer) => {
		const { server } = serverWhere([answer]);
		const { connection } = await connect(server);
		await connection.online;
		expect(binds(server)).toBe(1);
	});

	test("it is taken from a Reveille of the same database", async () => {
		const { value } = await createSameDatabase(account("ws://localhost"), "database");
		const { server } = serverWhere([{ value }]);
		await (await connect(server)).connection.online;
	});

	test("a server that cannot be asked yet is asked again", async () => {
		let isBroken = true;
		const { server, questions } = serverWhere([FOREIGN], {
			onMessage(_text, self) {
				if (isBroken) self.cut();
			},
		});
		const { connection } = await connect(server);
		await until(() => server.connections() > 2);
		expect(connection.status().kind).toBe("away");
		isBroken = false;
		await stopped(connection);
		expect(questions).toHaveLength(1);
	});

	test("a conflict of the session that asks is none of the address: it is asked again", async () => {
		let times = 0;
		const { server } = serverWhere([NOBODY], {
			onMessage(text, _self, say) {
				if (text.includes("<same") && ++times === 1) say(conflict);
			},
		});
		const { connection, logged } = await connect(server);
		await connection.online;
		expect(times).toBe(2);
		expect(logged.error).toEqual([]);
	});

	test("asked, it may be stopped at once", async () => {
		const { server, questions } = serverWhere(["none"]);
		const { connection } = await connect(server, { timing: { ...QUICK, answer: 60_000 } });
		await until(() => questions.length > 0);
		await connection.stop(async () => {});
		expect(binds(server)).toBe(0);
	});
});

describe("after another session took the address", () => {
	const lost = async (answers: Answer[], deps: Parameters<typeof connect>[1] = {}) => {
		const { server, questions } = serverWhere([NOBODY, ...answers]);
		const connected = await connect(server, deps);
		await connected.connection.online;
		server.send(conflict);
		return { server, questions, ...connected };
	};

	test("it is taken back when nobody has it any more, by one session that asks on and on", async () => {
		const { server, questions, connection, logged } = await lost([FOREIGN, FOREIGN, "none", NOBODY]);
		await until(() => binds(server) === 2 && connection.status().kind === "online");
		expect(questions).toHaveLength(5);
		expect(logged.error.join()).toContain("takes the address back when it is free");
		const told = logged.warn.filter((line) => line.includes("has it now"));
		expect(told).toHaveLength(1);
		expect(told.join()).toContain("a Reveille with another database");
		expect(logged.info.join()).toContain("no other session has it any more. This one takes it back.");
		// One to ask before the start, one of the address, one that asked on, and again one of the address.
		expect(server.connections()).toBe(4);
	});

	test("it is taken back at most four times an hour", async () => {
		const { server, questions, connection, logged } = await lost([NOBODY]);
		for (let times = 2; times <= 5; times++) {
			await until(() => binds(server) === times && connection.status().kind === "online");
			server.send(conflict);
		}
		await until(() => logged.warn.some((line) => line.includes("Next try in 60 min")));
		const asked = questions.length;
		await until(() => questions.length > asked + 3);
		expect(binds(server)).toBe(5);
		expect(logged.warn.filter((line) => line.includes("Next try in"))).toHaveLength(1);
	});

	test("and again when the hour is over", async () => {
		const { server, connection } = await lost([NOBODY], { timing: { ...QUICK, within: 200 } });
		for (let times = 2; times <= 6; times++) {
			await until(() => binds(server) === times && connection.status().kind === "online");
			server.send(conflict);
		}
	});

	test("its stream is forgotten: after a restart its holder is asked first", async () => {
		const { kept, connection, questions } = await lost([FOREIGN]);
		await stopped(connection);
		await until(() => questions.length > 1);
		expect(kept()).toBeUndefined();
	});

	test.each([
		["to pings either, it is opened anew", false, 6],
		["but to pings, it is kept", true, 3],
	])("where its session hears nothing %s", async (_name, pings, connections) => {
		const { server, questions } = serverWhere([NOBODY, "none"], { pings });
		const { connection } = await connect(server, { timing: { ...QUICK, answer: 10, every: 200 } });
		await connection.online;
		server.send(conflict);
		await until(() => questions.length === 5);
		expect(server.connections()).toBe(connections);
	});

	test("where the password is refused meanwhile, it is not tried again every 30 s", async () => {
		let logins = 0;
		const { server } = serverWhere([NOBODY], {
			onLogin(_text, say) {
				const isRight = ++logins <= 2;
				const kind = isRight ? "<success" : "<failure";
				const inner = isRight ? "" : "<not-authorized/>";
				say(`${kind} xmlns="urn:ietf:params:xml:ns:xmpp-sasl">${inner}</${kind.slice(1)}>`);
			},
		});
		const rests = { every: 1, everyRefused: 60_000 };
		const { connection } = await connect(server, { timing: { ...QUICK, ...rests } });
		await connection.online;
		server.send(conflict);
		await until(() => logins === 3);
		// Many times what it rests otherwise.
		await Bun.sleep(100);
		expect(logins).toBe(3);
	});

	test("a session that asks and is cut is opened anew", async () => {
		const { server, connection, questions } = await lost([FOREIGN, FOREIGN, FOREIGN, NOBODY]);
		await until(() => questions.length === 2);
		server.cut();
		await until(() => connection.status().kind === "online");
		expect(server.connections()).toBe(5);
	});

	test("where another holder has the lease, it stands by and never takes it", async () => {
		const { server, questions } = serverWhere([NOBODY]);
		let isOurs = true;
		const lease = (): StreamLease => ({
			async take(standby, signal) {
				if (isOurs) return { state: undefined };
				standby();
				await new Promise((resolve) => signal.addEventListener("abort", resolve));
				return undefined;
			},
			isOurs: async () => isOurs,
			save: async () => {},
			leave: async () => {},
		});
		const { connection } = await connect(server, { lease });
		await connection.online;
		isOurs = false;
		server.send(conflict);
		await until(() => connection.status().kind === "standby");
		expect(questions).toHaveLength(1);
		expect(binds(server)).toBe(1);
	});

	test("where another holder takes the lease meanwhile, it stands by and asks no more", async () => {
		const { server, questions } = serverWhere([NOBODY, FOREIGN]);
		let isOurs = true;
		let lose = () => {};
		const { connection } = await connect(server, {
			timing: { ...QUICK, every: 60_000 },
			lease: (onLost) => {
				lose = onLost;
				return {
					async take(standby, signal) {
						if (isOurs) return { state: undefined };
						standby();
						await new Promise((resolve) => signal.addEventListener("abort", resolve));
						return undefined;
					},
					isOurs: async () => isOurs,
					save: async () => {},
					leave: async () => {},
				};
			},
		});
		await connection.online;
		server.send(conflict);
		await until(() => questions.length === 2);
		expect(connection.status().kind).toBe("stopped");
		isOurs = false;
		lose();
		await until(() => connection.status().kind === "standby");
		expect(questions).toHaveLength(2);
		expect(binds(server)).toBe(1);
	});

	const leaves = (from: string) =>
		`<message xmlns="jabber:client" from="${from}"><same xmlns="urn:reveille:0">other</same></message>`;

	test("it is taken at once when the one that has it says that it leaves", async () => {
		const { server, questions, connection } = await lost([FOREIGN], { timing: { ...QUICK, every: 60_000 } });
		await until(() => questions.length === 2);
		server.send(leaves(ADDRESS));
		await until(() => connection.status().kind === "online");
		expect(binds(server)).toBe(2);
		expect(questions).toHaveLength(2);
	});

	test.each([
		["by a stranger", leaves("mallory@example.org/push")],
		["by another session of the account", leaves("push@localhost/another")],
		["in an error", leaves(ADDRESS).replace("<message", `<message type="error"`)],
		["in another message", `<message xmlns="jabber:client" from="${ADDRESS}"><body>I leave</body></message>`],
		["in an IQ", leaves(ADDRESS).replaceAll("message", "iq")],
	])("that it is left counts for nothing %s", async (_by, stanza) => {
		const { server, questions } = await lost([FOREIGN]);
		await until(() => questions.length === 2);
		server.send(stanza);
		await until(() => questions.length === 5);
		expect(binds(server)).toBe(1);
	});
});

describe("one that took the address with XMPP_TAKE_ADDRESS, when it is stopped,", () => {
	test("tells who waits for it, serves until that has it, and forgets its stream", async () => {
		const { server } = serverWhere([NOBODY], {
			onMessage(text, self) {
				if (text.startsWith("<message")) self.send(conflict);
			},
		});
		const { connection, sameDatabase, kept } = await connect(server, { takeAddress: true });
		await connection.online;
		await until(() => kept() !== undefined);
		sameDatabase.answer("push@localhost/asks-1", "other");
		await connection.stop(async () => {});
		const told = server.received.filter((text) => text.startsWith("<message"));
		expect(told).toHaveLength(1);
		expect(told[0]).toContain(`to="push@localhost/asks-1"`);
		expect(kept()).toBeUndefined();
	});

	test("keeps its stream for its next start where nobody takes it", async () => {
		const { server } = serverWhere([NOBODY]);
		const { connection, sameDatabase, kept } = await connect(server, { takeAddress: true });
		await connection.online;
		await until(() => kept() !== undefined);
		sameDatabase.answer("push@localhost/asks-1", "other");
		await connection.stop(async () => {});
		expect(kept()?.id).toBe("session");
	});

	test("keeps its stream where the connection is lost meanwhile, which gives the address to nobody", async () => {
		const { server } = serverWhere([NOBODY], {
			onMessage(text, self) {
				if (text.startsWith("<message")) self.cut();
			},
		});
		const { connection, sameDatabase, kept } = await connect(server, { takeAddress: true });
		await connection.online;
		await until(() => kept() !== undefined);
		sameDatabase.answer("push@localhost/asks-1", "other");
		await connection.stop(async () => {});
		expect(server.received.join("")).toContain("<message");
		expect(kept()?.id).toBe("session");
	});

	test("finishes what is in hand where the connection is lost before it can tell", async () => {
		const { server } = serverWhere([NOBODY]);
		const { promise: answered, resolve: answer } = Promise.withResolvers<undefined>();
		const lost = Promise.withResolvers<void>();
		let isTaken = false;
		const { connection, sameDatabase, kept } = await connect(server, {
			takeAddress: true,
			handle() {
				isTaken = true;
				return answered;
			},
			others: {
				value: "",
				heard() {},
				refused() {},
				doubt: () => undefined,
				fault: () => undefined,
				ask: () => lost.resolve,
			},
			timing: { ...QUICK, farewell: 60_000 },
		});
		await connection.online;
		server.send(`<iq xmlns="jabber:client" type="set" id="in-hand" from="example.org"><x/></iq>`);
		await until(() => isTaken);
		sameDatabase.answer("push@localhost/asks-1", "other");
		let isFinished = false;
		const stopped = connection.stop(async () => {
			isFinished = true;
		});
		server.cut();
		await lost.promise;
		answer(undefined);
		await stopped;
		expect(isFinished).toBe(true);
		expect(kept()?.id).toBe("session");
	});

	test("tells nobody without the setting", async () => {
		const { server } = serverWhere([NOBODY]);
		const { connection, sameDatabase } = await connect(server);
		await connection.online;
		sameDatabase.answer("push@localhost/asks-1", "other");
		await connection.stop(async () => {});
		expect(server.received.join("")).not.toContain("<message");
	});
});
