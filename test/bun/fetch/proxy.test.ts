/** Proxies of the environment: which requests go through one, as Bun has it, and what is said of APNs. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import { type Environment, hasProxy, proxyOf, warnOfProxy } from "../../../src/bun/fetch/proxy.ts";
import type { AppConfig } from "../../../src/config/apps.ts";
import { parseConfig } from "../../../src/config/config.ts";
import { readableLog } from "../../delivery/delivery-fixture.ts";

const PROXY = "http://proxy.lan:3128";
const APPLE = new URL("https://api.push.apple.com/");

describe("an https URL", () => {
	let proxy: Server;
	let port = 0;
	beforeAll(async () => {
		// It refuses everything: who hears of a tunnel has asked it.
		proxy = createServer((socket) => {
			socket.on("error", () => {});
			socket.once("data", () => socket.end("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"));
		});
		await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
		port = (proxy.address() as { port: number }).port;
	});
	afterAll(() => proxy.close());

	test.each<[string, Environment, boolean]>([
		["localhost:1", {}, false],
		["localhost:1", { HTTPS_PROXY: "PROXY" }, true],
		["localhost:1", { https_proxy: "PROXY" }, true],
		["localhost:1", { ALL_PROXY: "PROXY" }, true],
		["localhost:1", { HTTPS_PROXY: "", ALL_PROXY: "PROXY" }, true],
		["localhost:1", { HTTP_PROXY: "PROXY" }, false],
		["localhost:1", { HTTPS_PROXY: "PROXY", NO_PROXY: "localhost" }, false],
		["localhost:1", { HTTPS_PROXY: "PROXY", NO_PROXY: " other.net , LOCALHOST" }, false],
		["localhost:1", { HTTPS_PROXY: "PROXY", NO_PROXY: "other.net localhost" }, false],
		["localhost:1", { HTTPS_PROXY: "PROXY", NO_PROXY: "localhost:1" }, false],
		["localhost:1", { HTTPS_PROXY: "PROXY", NO_PROXY: "localhost:2" }, true],
		["localhost:1", { HTTPS_PROXY: "PROXY", NO_PROXY: "host" }, true],
		["localhost:1", { HTTPS_PROXY: "PROXY", NO_PROXY: "*" }, false],
		["localhost:1", { HTTPS_PROXY: "PROXY", NO_PROXY: "other.net", no_proxy: "localhost" }, false],
		["a.localhost:1", { HTTPS_PROXY: "PROXY", NO_PROXY: "localhost" }, false],
		["a.localhost:1", { HTTPS_PROXY: "PROXY", NO_PROXY: ".localhost" }, false],
		["a.localhost:1", { HTTPS_PROXY: "PROXY", NO_PROXY: "*.localhost" }, false],
		["ab.localhost:1", { HTTPS_PROXY: "PROXY", NO_PROXY: "b.localhost" }, true],
	])("https://%s with %j goes through a proxy: %p, and so does Bun's fetch", async (host, given, through) => {
		const env = Object.fromEntries(
			Object.entries(given).map(([name, value]) => [
				name,
				value?.replace("PROXY", `http://127.0.0.1:${port}`),
			]),
		);
		expect(proxyOf(new URL(`https://${host}/`), env) !== undefined).toBe(through);
		const code = `fetch("https://${host}/").catch(({ code }) => console.log(code))`;
		const run = Bun.spawn([process.execPath, "-e", code], {
			env: { PATH: process.env.PATH, ...env },
			stdout: "pipe",
		});
		expect((await new Response(run.stdout).text()).trim()).toBe(
			through ? "ERR_PROXY_TUNNEL" : "ECONNREFUSED",
		);
	});
});

test("any proxy counts where requests are not told apart, unless nothing goes through it", () => {
	expect(hasProxy({})).toBe(false);
	expect(hasProxy({ HTTPS_PROXY: "" })).toBe(false);
	for (const name of ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY", "http_proxy"]) {
		expect(hasProxy({ [name]: PROXY })).toBe(true);
		expect(hasProxy({ [name]: PROXY, NO_PROXY: "other.net, *" })).toBe(false);
	}
	expect(proxyOf(APPLE, { https_proxy: PROXY, ALL_PROXY: PROXY })).toBe("https_proxy");
});

describe("with a proxy, the start", () => {
	const APNS = {
		APNS_KEY: "key",
		APNS_KEY_ID: "KEY1234567",
		APNS_TEAM_ID: "TEAM123456",
		APNS_TOPIC: "net.example.chat",
	};
	const said = (env: Environment, apps: readonly AppConfig[]) => {
		const { log, lines } = readableLog();
		warnOfProxy(apps, env, log);
		return lines;
	};
	const apps = (settings: Record<string, string> = {}) => parseConfig({ ...APNS, ...settings }).apps;

	test("says that APNs needs a direct way, and what to set", () => {
		const line = (proxy: string, host: string, port: string) => {
			const sentence =
				"{app}: its pushes wait, since {proxy} is set: APNs speaks HTTP/2, which goes through no proxy here. Let this machine reach {host} at port {port} directly, and add {host} to NO_PROXY.";
			return [
				`warn ${sentence} ${JSON.stringify({ app: "apns", proxy, host, port, id: "apns-behind-proxy" })}`,
			];
		};
		expect(said({ HTTPS_PROXY: PROXY }, apps())).toEqual(line("HTTPS_PROXY", "api.push.apple.com", "443"));
		expect(said({ ALL_PROXY: PROXY }, apps({ APNS_SANDBOX: "true" }))).toEqual(
			line("ALL_PROXY", "api.sandbox.push.apple.com", "443"),
		);
		expect(said({ https_proxy: PROXY }, apps({ APNS_URL: "https://apns.lan:2197" }))).toEqual(
			line("https_proxy", "apns.lan", "2197"),
		);
	});

	test.each<[string, Environment, Record<string, string>]>([
		["there is no proxy", {}, {}],
		["the proxy is for http alone", { HTTP_PROXY: PROXY }, {}],
		["Apple's host is excepted", { HTTPS_PROXY: PROXY, NO_PROXY: "localhost,api.push.apple.com" }, {}],
		["Apple's domain is excepted", { HTTPS_PROXY: PROXY, NO_PROXY: "push.apple.com" }, {}],
	])("says nothing where %s", (_, env, settings) => {
		expect(said(env, apps(settings))).toEqual([]);
	});

	test("says nothing where there is no app of APNs: all others go through", () => {
		expect(said({ HTTPS_PROXY: PROXY }, parseConfig({}).apps)).toEqual([]);
	});
});
