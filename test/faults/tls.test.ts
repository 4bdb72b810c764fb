/** Push services whose TLS does not work: each is tried again later, and no device is forgotten for it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createPlainServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { createHttp2Fetch } from "../../src/bun/fetch/http2.ts";
import { createPinnedFetch } from "../../src/bun/fetch/pinned.ts";
import { plainFetch } from "../../src/bun/fetch/plain.ts";
import { endpointPolicy } from "../../src/services/endpoint.ts";
import { exchange, type Fetch } from "../../src/services/exchange.ts";
import type { Identity } from "../peers/apns-certificates.ts";
import { answer } from "./sick-provider.ts";

const DEADLINE_MS = 1_000;
const SERVERS = [
	...["signed by itself", "out of date", "for another host", "of nobody", "silent", "plain HTTP", "reset"],
] as const;

const folder = mkdtempSync(join(tmpdir(), "reveille-tls-"));
const servers: Server[] = [];
const ports = new Map<string, number>();
const sockets = new Set<Socket>();

function openssl(...args: string[]) {
	const made = Bun.spawnSync(["openssl", ...args], { cwd: folder });
	if (made.exitCode !== 0) throw new Error(String(made.stderr));
}

/** Signed by itself. @param until YYYYMMDDhhmmssZ */
function certificate(name: string, host: string, until = "20991231235959Z"): Identity {
	const config = `[ca]\ndefault_ca = own\n[own]\ndatabase = ${name}.index\nnew_certs_dir = .\nrand_serial = yes\ndefault_md = sha256\npolicy = any\ncopy_extensions = copy\n[any]\ncommonName = supplied\n`;
	writeFileSync(join(folder, `${name}.cnf`), config);
	writeFileSync(join(folder, `${name}.index`), "");
	openssl(
		...["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", `/CN=${host}`],
		...["-addext", `subjectAltName=DNS:${host}`, "-keyout", `${name}.key`, "-out", `${name}.csr`],
	);
	openssl(
		...["ca", "-batch", "-notext", "-selfsign", "-config", `${name}.cnf`, "-keyfile", `${name}.key`],
		...["-in", `${name}.csr`, "-out", `${name}.pem`, "-startdate", "20200101000000Z", "-enddate", until],
	);
	const text = (end: string) => readFileSync(join(folder, `${name}.${end}`), "utf8");
	return { key: text("key"), cert: text("pem") };
}

async function listen(name: string, server: Server) {
	server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => {})));
	server.on("tlsClientError", () => {});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	servers.push(server);
	ports.set(name, (server.address() as { port: number }).port);
}

const overTls = (identity: Partial<Identity>) =>
	createServer({ ...identity, ALPNProtocols: ["h2", "http/1.1"] }, (socket) => socket.end(answer(410)));

let outOfDate: Identity;
let forAnother: Identity;
beforeAll(async () => {
	outOfDate = certificate("old", "localhost", "20210101000000Z");
	forAnother = certificate("another", "other.example");
	await listen("signed by itself", overTls(certificate("own", "localhost")));
	await listen("out of date", overTls(outOfDate));
	await listen("for another host", overTls(forAnother));
	await listen("of nobody", overTls({}));
	await listen(
		"silent",
		createPlainServer(() => {}),
	);
	await listen(
		"plain HTTP",
		createPlainServer((socket) => socket.end(answer(410))),
	);
	await listen(
		"reset",
		createPlainServer((socket) => void socket.resetAndDestroy()),
	);
});
afterAll(() => {
	for (const socket of sockets) socket.destroy();
	for (const server of servers) server.close();
	rmSync(folder, { recursive: true });
});

const policy = endpointPolicy({ allowHosts: ["*"], allowPrivate: true });
/** Those two trust who signed what is out of date, and what is for another host: nothing else is wrong there. */
const trusting = () => outOfDate.cert + forAnother.cert;
const FETCHES: Record<string, () => Fetch> = {
	"an app's own service": () => plainFetch,
	"an endpoint that a client named": () => createPinnedFetch({ policy, ca: trusting() }),
	APNs: () => createHttp2Fetch({ ca: trusting() }),
};

test("a certificate that is trusted, of today and for the host works: the others fail for what is said of them", async () => {
	const identity = certificate("right", "localhost");
	await listen("right", overTls(identity));
	const fetch = createPinnedFetch({ policy, ca: identity.cert });
	const request = { url: `https://localhost:${ports.get("right")}/`, init: { method: "POST", body: "push" } };
	const signal = AbortSignal.timeout(DEADLINE_MS);
	expect(await exchange(request, { fetch, signal, now: Date.now })).toMatchObject({ status: 410 });
});

describe.each(Object.keys(FETCHES))("%s", (kind) => {
	test.each(SERVERS)("whose TLS is %s is tried again later", async (name) => {
		const port = ports.get(name);
		const fetch = FETCHES[kind]?.() as Fetch;
		const signal = AbortSignal.timeout(DEADLINE_MS);
		const started = performance.now();
		const request = { url: `https://localhost:${port}/`, init: { method: "POST", body: "push" } };
		const outcome = await exchange(request, { fetch, signal, now: Date.now });
		expect(outcome).toMatchObject({
			kind: "retry",
			reason: expect.stringMatching(/^(network failure|no answer in time)/),
		});
		expect(performance.now() - started).toBeLessThan(2 * DEADLINE_MS);
	});
});
