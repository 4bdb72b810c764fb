/**
 * Attempts to have us fetch what is not on the public internet, by URLs that devices hand in: each is refused when it
 * comes in, and nothing is connected to should it have come in some other way. (Names whose answers change:
 * test/bun/fetch/pinned.test.ts.)
 */
import { describe, expect, test } from "bun:test";
import { createPinnedFetch } from "../../src/bun/fetch/pinned.ts";
import { endpointPolicy, parseEndpoint } from "../../src/services/endpoint.ts";
import { exchange } from "../../src/services/exchange.ts";
import { ForbiddenAddress } from "../../src/services/public-address.ts";
import { createRelay } from "../../src/services/webpush/relay.ts";
import { createVapid, generateVapidKey, importVapidKey } from "../../src/services/webpush/vapid-signature.ts";
import { createWebPush } from "../../src/services/webpush/webpush.ts";
import { parseChannel } from "../../src/services/wns/channel.ts";
import { InvalidDevice, type Outcome } from "../../src/types.ts";
import { pushTo } from "../services/webpush/pushes.ts";
import { createSigner } from "../services/webpush/relayed.ts";

const anyPublic = endpointPolicy({ allowHosts: ["*"], allowPrivate: false });
const listed = endpointPolicy({ allowHosts: ["push.example", "*.up.example"], allowPrivate: false });

/** All ways to write a host that is not public; none may be reached whatever is allowed. */
const HOSTS = [
	...["127.0.0.1", "127.1", "127.0.1", "2130706433", "0177.0.0.1", "0x7f.1", "0x7F000001", "017700000001"],
	...["0", "0.0.0.0", "00.0.0.0", "127.0.0.1.", "127.000.000.001", "127.0x0.0.1"],
	...[
		"１２７．０．０．１",
		"１２７。０。０。１",
		"①②⑦.⓪.⓪.①",
		"127｡0｡0｡1",
		"𝟏𝟐𝟕.𝟎.𝟎.𝟏",
		"%31%32%37.0.0.1",
		"127%2e0%2e0%2e1",
	],
	...["localhost", "LocalHost", "a.localhost", "localhost.", "ｌocalhost", "ⓛocalhost", "local%68ost"],
	...[
		"[::1]",
		"[::]",
		"[0:0:0:0:0:0:0:1]",
		"[::ffff:127.0.0.1]",
		"[::ffff:7f00:1]",
		"[::127.0.0.1]",
		"[::ffff:0:127.0.0.1]",
	],
	...[
		"[fe80::1]",
		"[fe80::1%25eth0]",
		"[fe80::1%eth0]",
		"[fc00::1]",
		"[fdff::1]",
		"[fd00:ec2::254]",
		"[fec0::1]",
		"[ff02::1]",
	],
	...["[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2002:a00:1::1]"],
	...["[2001:0:5ef5:79fd:0:0:80ff:fffe]", "[2001:db8::1]", "[100::1]"],
	...[
		"10.0.0.1",
		"172.16.0.1",
		"172.31.255.255",
		"192.168.0.1",
		"169.254.169.254",
		"100.64.0.1",
		"100.127.255.255",
	],
	...["192.0.0.8", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1"],
	...["239.255.255.250", "240.0.0.1", "255.255.255.255", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376"],
];

describe("a host that is not public", () => {
	test.each(HOSTS)("%s is refused when it comes in, and not connected to", async (host) => {
		const url = `https://${host}/push`;
		expect(() => parseEndpoint(url, anyPublic)).toThrow(InvalidDevice);
		expect(() => parseChannel(url, { allowPrivate: false })).toThrow(InvalidDevice);
		if (!URL.canParse(url)) return;
		const asked: unknown[] = [];
		const fetch = createPinnedFetch({
			policy: anyPublic,
			// What names this machine resolves as it would.
			resolve: async () => ["127.0.0.1", "::1"],
			fetch: async (...call) => {
				asked.push(call);
				return new Response();
			},
		});
		await expect(fetch(url, {})).rejects.toBeInstanceOf(ForbiddenAddress);
		expect(asked).toEqual([]);
	});
});

test.each([
	...["http", "ftp", "file", "gopher", "ws", "wss", "dict", "ldap", "blob:https", "view-source:https"].map(
		(scheme) => `${scheme}://push.example/x`,
	),
	...[
		"javascript:alert(1)//https://push.example",
		"data:text/plain,x",
		"//push.example/x",
		"https:",
		"https://",
		"https:///",
	],
	...[
		"https://good.example@push.example/",
		"https://push.example:pw@push.example/",
		"https://evil.example\\@push.example/",
	],
	...[
		"https://push.example/\\evil.example",
		"https:\\\\push.example\\x",
		"https://push.example#@evil.example/",
		"https://push.example/#",
	],
	...[
		"https://push.example:80/",
		"https://push.example:22/",
		"https://push.example:8443/",
		"https://push.example:0/",
		"https://push.example:65536/",
	],
	...[
		"https://push .example/",
		"https://push\t.example/",
		"https://push\n.example/",
		"\thttps://push.example/",
		"https://push.example/ ",
	],
	...[
		"https://push.example/\0",
		"https://push.example/\u2028",
		"https://push.example/\u00a0",
		"https://push.example/a\r\nHost: evil.example",
		"https://push.example./",
	],
])("%j is no endpoint, though its host might be", (text) => {
	expect(() => parseEndpoint(text, anyPublic)).toThrow(InvalidDevice);
	expect(() => parseEndpoint(text, listed)).toThrow(InvalidDevice);
});

test.each([
	...[
		"evil-updates.push.services.mozilla.com.attacker.org",
		"updates.push.services.mozilla.com.evil",
		"xupdates.push.services.mozilla.com",
	],
	...[
		"evil.updates.push.services.mozilla.com",
		"push.services.mozilla.com",
		"web.push.apple.com.evil",
		"evilpush.apple.com",
		"push.apple.com",
	],
	...[
		"notify.windows.com",
		"evilnotify.windows.com",
		"a.notify.windows.com.evil",
		"fcm.googleapis.com.evil",
		"evil-fcm.googleapis.com",
	],
	...[
		"push.example.evil",
		"evilpush.example",
		"a.push.example",
		"up.example",
		"evilup.example",
		"a.up.example.evil",
	],
	...[
		"push.example%2eevil",
		"push.example%00.evil",
		"push.example%23.evil",
		"pu\u0455h.example",
		"push\u2024example.evil",
	],
])("%s is under no name that is allowed", (host) => {
	expect(() => parseEndpoint(`https://${host}/x`, listed)).toThrow(InvalidDevice);
});

test.each([
	...[
		"notify.windows.com.evil",
		"evilnotify.windows.com",
		"evil.example/.notify.windows.com",
		"evil.example#.notify.windows.com",
	],
	...[
		"evil.example?.notify.windows.com",
		"evil.example\\.notify.windows.com",
		"db5.notify.windows.com@evil.example",
		"db5.notify.windows.com:8443",
	],
])("WNS's access token never goes to %s", (host) => {
	expect(() => parseChannel(`https://${host}/?token=x`, { allowPrivate: false })).toThrow(InvalidDevice);
});

test("nothing that a client hears says whether a name is one of ours: neither at registering nor at a push", async () => {
	const names: Record<string, string[]> = {
		"printer.corp.example.net": ["10.0.0.7"],
		"split.corp.example.net": ["10.0.0.8", "93.184.216.34"],
	};
	const looked: string[] = [];
	const resolve = async (host: string) => {
		looked.push(host);
		const found = names[host];
		if (!found) throw Object.assign(new Error(`no ${host}`), { code: "ENOTFOUND" });
		return found;
	};
	const service = createWebPush({
		fetch: createPinnedFetch({ policy: anyPublic, resolve }),
		vapid: createVapid({ key: await importVapidKey(await generateVapidKey()), now: Date.now }),
		policy: anyPublic,
		now: Date.now,
	});
	const heard = [];
	for (const host of [...Object.keys(names), "nobody.corp.example.net"]) {
		const { token } = service.parseDevice({ token: `https://${host}/up` });
		expect(looked).not.toContain(host);
		const outcome = await service.send(pushTo(token, { class: "high" }), AbortSignal.timeout(5_000));
		const { detail, ...told } = outcome as Outcome & { kind: "retry" };
		expect(looked).toContain(host);
		heard.push(told);
	}
	expect(new Set(heard.map((told) => JSON.stringify(told))).size).toBe(1);
	expect(JSON.stringify(heard)).not.toMatch(/address|ENOTFOUND|name/);
});

describe("with real sockets", () => {
	/** Somebody inside, who must not be asked. */
	function startInside() {
		let asked = 0;
		const server = Bun.serve({
			hostname: "127.0.0.1",
			port: 0,
			fetch() {
				asked++;
				return new Response("secret");
			},
		});
		return { port: server.port, asked: () => asked, [Symbol.asyncDispose]: () => server.stop(true) };
	}

	test.each([301, 302, 303, 307, 308])("a redirect by %i leads nowhere", async (status) => {
		await using inside = startInside();
		await using outside = Bun.serve({
			hostname: "127.0.0.1",
			port: 0,
			fetch: () => new Response(null, { status, headers: { location: `http://127.0.0.1:${inside.port}/` } }),
		});
		const policy = endpointPolicy({ allowHosts: [], allowPrivate: true });
		const reply = await exchange(
			{ url: `http://127.0.0.1:${outside.port}/`, init: { method: "POST", redirect: "follow" } },
			{ fetch: createPinnedFetch({ policy }), signal: AbortSignal.timeout(2_000), now: Date.now },
		);
		expect(reply).toMatchObject({ kind: "reply", status });
		expect(inside.asked()).toBe(0);
	});
});

test("nor by the relay of Push 2.0: a name that leads inside is resolved at each send, and not connected to", async () => {
	const asked: unknown[] = [];
	const relay = createRelay({
		policy: anyPublic,
		fetch: createPinnedFetch({
			policy: anyPublic,
			resolve: async () => ["10.0.0.1"],
			fetch: async (...call) => {
				asked.push(call);
				return new Response();
			},
		}),
		now: Date.now,
	});
	const signer = await createSigner();
	const jwt = { token: (await signer.jwtFor("https://push.example.net")).token, key: signer.key };
	const rfc8291 = new Uint8Array(200).fill(4).toBase64();
	const push = pushTo("https://push.example.net/x", { class: "high", rfc8291, jwt });
	// It was public when the message came in.
	expect(relay.parseDevice({ token: push.registration.token }).token).toBe(push.registration.token);
	const outcome: Outcome = await relay.send(push, AbortSignal.timeout(1000));
	expect(outcome.kind).not.toBe("delivered");
	expect(JSON.stringify({ ...outcome, detail: undefined })).not.toContain("10.0.0.1");
	expect(asked).toEqual([]);
});
