/**
 * Names of push services that do not resolve, or whose resolver fails or hangs: nobody is forgotten for it, and all
 * others' pushes go on. The process gets a resolver of its own, by a mount that only it sees.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ComponentDouble, startComponentDouble } from "../connector/component-double.ts";
import { temporaryFolder } from "../peers/folder.ts";
import type { Reveille } from "../peers/reveille.ts";
import { startReveille } from "../peers/reveille.ts";
import { answer, type SickProvider, startSickProvider } from "./sick-provider.ts";
import { asComponentOf, NO_TOKEN, publisher, type Target } from "./wire.ts";

/** More than a process has threads for looking names up. */
const HANGING = 24;
const RESOLVER = "127.0.0.77";

const folder = temporaryFolder("names");
let resolver: Socket;
let isWell = false;
let double: ComponentDouble;
let reveille: Reveille;
let provider: SickProvider;

/** `nx…` does not exist, `fail…` cannot be said (RFC 1035 §4.1.1), of `hang…` nothing is heard; the rest is here. */
function startResolver(): Socket {
	const socket = createSocket("udp4");
	socket.on("message", (message, { port, address }) => {
		const length = message.readUInt8(12);
		const label = message.toString("latin1", 13, 13 + length);
		let end = 12;
		while (message.readUInt8(end) > 0) end += 1 + message.readUInt8(end);
		end += 5;
		const isA = message.readUInt16BE(end - 4) === 1;
		if (label.startsWith("hang") && !isWell) return;
		const code = isWell ? 0 : label.startsWith("nx") ? 3 : label.startsWith("fail") ? 2 : 0;
		const found = code === 0 && isA;
		const header = Buffer.alloc(12);
		message.copy(header, 0, 0, 2);
		header.writeUInt16BE(0x8180 | code, 2);
		header.writeUInt16BE(1, 4);
		header.writeUInt16BE(found ? 1 : 0, 6);
		const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);
		const parts = [header, message.subarray(12, end), ...(found ? [record] : [])];
		socket.send(Buffer.concat(parts), port, address);
	});
	socket.bind(53, RESOLVER);
	return socket;
}

beforeAll(async () => {
	resolver = startResolver();
	await once(resolver, "listening").catch((error: unknown) => {
		throw new Error(`This test answers at port 53 of ${RESOLVER}, as root: ${error}`);
	});
	provider = await startSickProvider({}, () => answer(201));
	provider.recover();
	double = await startComponentDouble({ echoesPings: true });
	const configuration = join(folder.path, "resolv.conf");
	writeFileSync(configuration, `nameserver ${RESOLVER}\n`);
	const mount = `mount --bind ${configuration} /etc/resolv.conf && exec "$0" src/main.ts`;
	reveille = await startReveille(
		{
			settings: { ...asComponentOf(double), WEBPUSH_ALLOW_HOSTS: "*" },
			command: () => ["unshare", "-m", "sh", "-c", mount, process.execPath],
		},
		"ready",
	);
}, 30_000);
afterAll(async () => {
	await reveille?.stop();
	double?.stop();
	provider?.stop();
	resolver?.close();
	folder.remove();
}, 30_000);

const at = (host: string): Promise<Target> =>
	reveille.registerDevice({ subscription: { endpoint: `http://${host}:${provider.port}/1` } }, NO_TOKEN);

test("names that do not resolve, and resolvers that fail or hang: all are answered, others go on, and all arrive in the end", async () => {
	const publish = publisher(double);
	const hosts = ["nx.net", "fail.net", ...Array.from({ length: HANGING }, (_, i) => `hang${i}.net`)];
	const targets: Target[] = [];
	for (const host of hosts) targets.push(await at(host));
	const well = [await at("127.0.0.1"), await at("well.net")];
	for (const target of well) expect(await publish(target)).toMatchObject({ said: "done" });

	let isOver = false;
	const others: { said: string; ms: number; served: boolean }[] = [];
	const meanwhile = (async () => {
		while (!isOver) {
			for (const target of well) {
				const before = provider.served();
				others.push({ ...(await publish(target)), served: provider.served() > before });
			}
			await Bun.sleep(200);
		}
	})();
	const answers = await Promise.all(targets.map((target) => publish(target)));
	isOver = true;
	await meanwhile;
	const slowest = Math.max(...others.map(({ ms }) => ms));
	console.log(`${others.length} pushes to others meanwhile, the slowest after ${Math.round(slowest)} ms`);
	expect(answers.filter(({ said, ms }) => said !== "done" || ms > 20_000)).toEqual([]);
	// What hangs is given up after 15 s: nobody else may have waited for that.
	expect(slowest).toBeLessThan(8_000);
	expect(others.filter(({ said, served }) => said !== "done" || !served)).toEqual([]);

	const before = provider.served();
	isWell = true;
	while (provider.served() < before + targets.length) await Bun.sleep(20);
	for (const { node, deviceSecret } of targets)
		expect((await reveille.api("GET", `/registrations/${node}`, deviceSecret)).status).toBe(200);
}, 60_000);
