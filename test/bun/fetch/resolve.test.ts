/** Who is asked for a host's addresses, and when. */
import { expect, test } from "bun:test";
import { createResolve, type Lookup } from "../../../src/bun/fetch/resolve.ts";

const never = new Promise<never>(() => {});
const found = (address: string) => Promise.resolve([{ address }]);
const refused = () => Promise.reject(new Error("getaddrinfo ECONNREFUSED"));

/** A lookup that keeps who was asked for what. */
function asking(answer: (backend: string, host: string) => ReturnType<Lookup>) {
	const asked: string[] = [];
	const lookup: Lookup = (host, { backend }) => {
		asked.push(`${backend} ${host}`);
		return answer(backend, host);
	};
	return { asked, lookup };
}

test("what the name servers know, the system is not asked for", async () => {
	const { asked, lookup } = asking(() => found("203.0.114.7"));
	expect(await createResolve(lookup)("push.test")).toEqual(["203.0.114.7"]);
	expect(asked).toEqual(["c-ares push.test"]);
});

test("what the name servers of the start do not say any more, the system is asked for", async () => {
	const { asked, lookup } = asking((backend) => (backend === "c-ares" ? refused() : found("203.0.114.7")));
	expect(await createResolve(lookup)("push.test")).toEqual(["203.0.114.7"]);
	expect(asked).toEqual(["c-ares push.test", "system push.test"]);
});

test("where the name servers do not answer soon, the system is asked as well", async () => {
	const { lookup } = asking((backend) => (backend === "c-ares" ? never : found("203.0.114.7")));
	expect(await createResolve(lookup, 1)("push.test")).toEqual(["203.0.114.7"]);
});

test("name servers that answer late are heard, whatever the system says", async () => {
	const late = Promise.withResolvers<{ address: string }[]>();
	const { lookup } = asking((backend) => {
		if (backend === "c-ares") return late.promise;
		setTimeout(() => late.resolve([{ address: "203.0.114.7" }]));
		return refused();
	});
	expect(await createResolve(lookup, 1)("push.test")).toEqual(["203.0.114.7"]);
});

test("what nobody knows is told in the system's words", async () => {
	const { lookup } = asking((backend) => Promise.reject(new Error(backend)));
	expect(createResolve(lookup)("push.test")).rejects.toThrow("system");
});

test("the system is asked for one name at a time, be it of mDNS, and few wait for it", async () => {
	const { asked, lookup } = asking((backend) => (backend === "c-ares" ? refused() : never));
	const resolve = createResolve(lookup);
	const hosts = Array.from({ length: 32 }, (_, i) => `${i}.local`);
	for (const host of hosts) void resolve(host);
	expect(resolve("push.test")).rejects.toThrow("Too many names");
	await Bun.sleep(1);
	expect(asked.filter((one) => one.startsWith("system"))).toEqual(["system 0.local"]);
});

test("a name that the system did not find lets the next have its turn", async () => {
	const { lookup } = asking((_, host) => (host === "a.local" ? refused() : found("203.0.114.7")));
	const resolve = createResolve(lookup);
	const first = resolve("a.local");
	const second = resolve("b.local");
	expect(first).rejects.toThrow("ECONNREFUSED");
	expect(await second).toEqual(["203.0.114.7"]);
});
