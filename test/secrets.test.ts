import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
	createKeyring,
	type FormerSecrets,
	isSameText,
	UnknownKey,
	underKey,
	withFormerSecrets,
} from "../src/secrets.ts";

const KEY = "the current key, at least thirty-two characters";
const OLD = "an older key, also at least thirty-two characters";
const ring = await createKeyring(KEY, [OLD]);
const oldRing = await createKeyring(OLD);
const strangerRing = await createKeyring("a key that was never configured here, of any length");

test("two texts are the same where each character is, and there are as many", () => {
	const few = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 6 });
	fc.assert(fc.property(few, few, (one, other) => isSameText(one, other) === (one === other)));
	for (const [given, right] of [
		["abab", "ab"],
		["ab", "abab"],
		["", "a"],
		["a", ""],
	] as const)
		expect(isSameText(given, right)).toBe(false);
});

describe("nodes", () => {
	test("are 27 characters of base64url, begin with the key id, and differ", () => {
		const nodes = Array.from({ length: 100 }, () => ring.createNode());
		for (const node of nodes) expect(node).toMatch(/^[\w-]{27}$/);
		expect(new Set(nodes).size).toBe(100);
		expect(new Set(nodes.map((node) => node.slice(0, 5))).size).toBe(1);
	});

	test("take their 128 bits from the randomness that is passed in", async () => {
		const fixed = await createKeyring(KEY, [], { random: (bytes) => bytes.fill(7) });
		expect(fixed.createNode()).toBe(fixed.createNode());
	});
});

describe("secrets", () => {
	test("are 43 characters, the same in each process that has the key", async () => {
		const node = ring.createNode();
		const secret = await ring.secretOf(node);
		expect(secret).toMatch(/^[\w-]{43}$/);
		expect(await (await createKeyring(KEY)).secretOf(node)).toBe(secret);
	});

	test("verify for their own node only", async () => {
		const [one, other] = [ring.createNode(), ring.createNode()];
		expect(await ring.verify(one, await ring.secretOf(one))).toBe("ok");
		expect(await ring.verify(one, await ring.secretOf(other))).toBe("wrong");
	});

	test("no single changed character passes", async () => {
		const node = ring.createNode();
		const secret = await ring.secretOf(node);
		for (let i = 0; i < secret.length; i++) {
			const changed = secret.slice(0, i) + (secret[i] === "A" ? "B" : "A") + secret.slice(i + 1);
			expect(await ring.verify(node, changed)).toBe("wrong");
		}
	});

	test("another spelling of the same bytes is wrong, so that one registration has one secret", async () => {
		const node = ring.createNode();
		const secret = await ring.secretOf(node);
		for (const spelling of [`${secret}=`, ` ${secret}`, `${secret}\n`]) {
			expect(await ring.verify(node, spelling)).toBe("wrong");
		}
		// The last of 43 characters carries two spare bits: these decode alike.
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
		const twin = alphabet[alphabet.indexOf(secret[42] as string) | 1] as string;
		expect(await ring.verify(node, secret.slice(0, 42) + twin)).toBe("wrong");
	});

	test("whatever is sent as node and secret is answered, and never passes", async () => {
		await fc.assert(
			fc.asyncProperty(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), async (node, secret) => {
				expect(await ring.verify(node, secret)).toBe("wrong");
			}),
		);
		const node = ring.createNode();
		await fc.assert(
			fc.asyncProperty(fc.string({ unit: "binary" }), async (secret) => {
				expect(await ring.verify(node, secret)).toBe("wrong");
			}),
		);
	});
});

describe("keys", () => {
	test("an old key goes on verifying, and new nodes are the current key's", async () => {
		const node = oldRing.createNode();
		expect(await ring.verify(node, await oldRing.secretOf(node))).toBe("ok");
		expect(await ring.secretOf(node)).toBe(await oldRing.secretOf(node));
		expect(ring.createNode().slice(0, 5)).not.toBe(node.slice(0, 5));
	});

	test("a node of a key that is not here is neither right nor wrong", async () => {
		const node = strangerRing.createNode();
		const secret = await strangerRing.secretOf(node);
		expect(await ring.verify(node, secret)).toBe("unknown-key");
		expect(await ring.verify(node, "nonsense")).toBe("unknown-key");
		await expect(ring.secretOf(node)).rejects.toBeInstanceOf(UnknownKey);
		await expect(ring.openNode(node)).rejects.toBeInstanceOf(UnknownKey);
	});

	test("a node has a twin under each, with another secret and the same random bits", async () => {
		const node = oldRing.createNode();
		const twin = ring.underCurrentKey(node);
		expect(twin).toMatch(/^[\w-]{27}$/);
		expect(twin).not.toBe(node);
		expect(twin.slice(6)).toBe(node.slice(6));
		expect(await ring.verify(twin, await ring.secretOf(twin))).toBe("ok");
		expect(await ring.verify(twin, await ring.secretOf(node))).toBe("wrong");
		expect(await oldRing.verify(twin, await ring.secretOf(twin))).toBe("unknown-key");
		expect(ring.underCurrentKey(twin)).toBe(twin);
		expect(oldRing.underCurrentKey(twin)).toBe(node);
		expect(underKey(node, ring.ids[0])).toBe(twin);
		for (const foreign of ["E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E", "", "module:a:b:c", `${node}=`]) {
			expect(ring.underCurrentKey(foreign)).toBe(foreign);
		}
	});

	test("a node of a key that is not here is usable as its twin", () => {
		const gone = strangerRing.createNode();
		expect(ring.usable(gone)).toBe(ring.underCurrentKey(gone));
		const old = oldRing.createNode();
		expect(ring.usable(old)).toBe(old);
		expect(ring.usable("foreign")).toBe("foreign");
	});

	test("have ids, the current one's first, each once", async () => {
		expect(ring.ids).toEqual([...(await createKeyring(KEY)).ids, ...oldRing.ids]);
		expect((await createKeyring(KEY, [KEY, OLD])).ids).toEqual(ring.ids);
		expect(ring.createNode().slice(0, 5)).toBe(ring.ids[0].slice(0, 5));
	});

	test("the fingerprint tells keys apart and does not contain the key id", () => {
		expect(ring.fingerprint).not.toBe(oldRing.fingerprint);
		expect(ring.oldFingerprints).toEqual([oldRing.fingerprint]);
		expect(ring.fingerprint.slice(0, 5)).not.toBe(ring.createNode().slice(0, 5));
	});
});

test("concealing is stable, differs by text and key, and is no secret of a node", async () => {
	expect(await ring.conceal("192.0.2.1")).toMatch(/^[\w-]{22}$/);
	expect(await ring.conceal("192.0.2.1")).toBe(await ring.conceal("192.0.2.1"));
	expect(await ring.conceal("192.0.2.1")).not.toBe(await ring.conceal("192.0.2.2"));
	expect(await ring.conceal("192.0.2.1")).not.toBe(await oldRing.conceal("192.0.2.1"));
	const node = ring.createNode();
	expect(await ring.secretOf(node)).not.toStartWith(await ring.conceal(node));
});

describe("foreign nodes, which another app server gave out", () => {
	const NODE = "E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E";

	test("have a secret of the current key, and every key verifies it", async () => {
		const secret = await ring.secretOf(NODE);
		expect(secret).toMatch(/^[\w-]{43}$/);
		expect(await ring.verify(NODE, secret)).toBe("ok");
		expect(await ring.verify(NODE, await oldRing.secretOf(NODE))).toBe("ok");
		expect(await ring.verify(NODE, await strangerRing.secretOf(NODE))).toBe("wrong");
		expect(await ring.verify(NODE.toLowerCase(), secret)).toBe("wrong");
		expect(await ring.verify(NODE, `${secret}=`)).toBe("wrong");
	});

	test("whatever they are called, their secrets tell nothing else that a key signs", async () => {
		expect(await ring.secretOf("reveille fingerprint")).not.toStartWith(ring.fingerprint);
		expect(await ring.secretOf("conceal\x0192.0.2.1")).not.toStartWith(await ring.conceal("192.0.2.1"));
		expect(await ring.secretOf("former\0a\0b")).not.toBe(await ring.hashFormer("a", "b"));
	});
});

describe("a secret that another app server gave out", () => {
	const NODE = "E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E";
	const SECRET = "384e51b4b2d5e4758e5dc342b22dea9217212f2c4886e2a3dcf16f3eb0eb3807";

	/** Hashes in memory, with what was asked of them. */
	function memory(hashes: Record<string, string>) {
		const asked: string[] = [];
		const former: FormerSecrets = {
			async hashOf(node) {
				asked.push(node);
				return hashes[node];
			},
			async retire(node) {
				delete hashes[node];
			},
		};
		return { former, asked };
	}

	test("is as good as the derived one, for its own node, until the derived one is used", async () => {
		const { former } = memory({ [NODE]: await ring.hashFormer(NODE, SECRET) });
		const both = withFormerSecrets(ring, former);
		expect(await both.verify(NODE, SECRET)).toBe("ok");
		expect(await both.verify(NODE, SECRET)).toBe("ok");
		expect(await both.verify(NODE, SECRET.toUpperCase())).toBe("wrong");
		expect(await both.verify("another node", SECRET)).toBe("wrong");
		expect(await ring.verify(NODE, SECRET)).toBe("wrong");

		expect(await both.verify(NODE, await both.secretOf(NODE))).toBe("ok");
		expect(await both.verify(NODE, SECRET)).toBe("wrong");
		expect(await both.verify(NODE, await both.secretOf(NODE))).toBe("ok");
	});

	test("is not ended by anything but the derived one", async () => {
		const { former } = memory({ [NODE]: await ring.hashFormer(NODE, SECRET) });
		const both = withFormerSecrets(ring, former);
		expect(await both.verify(NODE, await strangerRing.secretOf(NODE))).toBe("wrong");
		expect(await both.verify(NODE, await ring.secretOf("another node"))).toBe("wrong");
		expect(await both.verify("another node", await both.secretOf("another node"))).toBe("ok");
		expect(await both.verify(NODE, SECRET)).toBe("ok");
	});

	test("survives a change of the key, beside the old one", async () => {
		const { former } = memory({ [NODE]: await oldRing.hashFormer(NODE, SECRET) });
		expect(await withFormerSecrets(ring, former).verify(NODE, SECRET)).toBe("ok");
	});

	test("is neither right nor wrong once the key of its hash is gone", async () => {
		const { former } = memory({ [NODE]: await oldRing.hashFormer(NODE, SECRET) });
		expect(await withFormerSecrets(strangerRing, former).verify(NODE, SECRET)).toBe("unknown-key");
	});

	test("and so is a derived one of a key that is gone, but not one that only looks so", async () => {
		const both = withFormerSecrets(strangerRing, memory({}).former, () => [...strangerRing.ids, ...ring.ids]);
		expect(await both.verify(NODE, await ring.secretOf(NODE))).toBe("unknown-key");
		const another = await createKeyring("a key of some other server, thirty-two and more");
		expect(await both.verify(NODE, await another.secretOf(NODE))).toBe("wrong");
		const former = "Zm9ybWVyIHNlY3JldHMgbWF5IGxvb2sgbGlrZSBvdXI";
		expect(await both.verify(NODE, former)).toBe("wrong");
	});

	test("that has the form of ours is taken", async () => {
		const secret = "Zm9ybWVyIHNlY3JldHMgbWF5IGxvb2sgbGlrZSBvdXI";
		const { former } = memory({ [NODE]: await ring.hashFormer(NODE, secret) });
		expect(await withFormerSecrets(ring, former).verify(NODE, secret)).toBe("ok");
	});

	test("is never looked up for nodes of our own", async () => {
		const { former, asked } = memory({});
		const both = withFormerSecrets(ring, former);
		const node = ring.createNode();
		expect(await both.verify(node, await ring.secretOf(node))).toBe("ok");
		expect(await both.verify(node, SECRET)).toBe("wrong");
		expect(await both.verify(strangerRing.createNode(), SECRET)).toBe("unknown-key");
		expect(asked).toEqual([]);
	});

	test("needs the database, which the derived one does not", async () => {
		const away: FormerSecrets = {
			hashOf: () => Promise.reject(new Error("away")),
			retire: () => Promise.reject(new Error("away")),
		};
		const both = withFormerSecrets(ring, away);
		expect(await both.verify(NODE, await ring.secretOf(NODE))).toBe("ok");
		await expect(both.verify(NODE, SECRET)).rejects.toThrow("away");
	});

	test("is kept as a hash that takes the key to try secrets on", async () => {
		const hash = await ring.hashFormer(NODE, SECRET);
		expect(hash).toMatch(/^[\w-]{43}$/);
		expect(hash).not.toBe(await oldRing.hashFormer(NODE, SECRET));
		expect(hash).not.toBe(await ring.hashFormer("another node", SECRET));
		expect(await ring.verifyFormer(NODE, SECRET, hash)).toBe("ok");
		expect(await ring.verifyFormer(NODE, hash, hash)).toBe("wrong");
		expect(await strangerRing.verifyFormer(NODE, SECRET, hash)).toBe("unknown-key");
		// Being in the database does not make it a secret.
		expect(await ring.verify(NODE, hash)).toBe("wrong");
	});
});

describe("device secrets", () => {
	const FOREIGN = "E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E";
	const nodes = [ring.createNode(), oldRing.createNode(), FOREIGN, "reveille key id", "a\0b"];
	const none: FormerSecrets = { hashOf: async () => undefined, retire: async () => undefined };

	test.each(nodes)("are 43 characters, and verify for their own node only: %#", async (node) => {
		const secret = await ring.deviceSecretOf(node);
		expect(secret).toMatch(/^[\w-]{43}$/);
		expect(await (await createKeyring(KEY)).deviceSecretOf(node)).toBe(secret);
		expect(await ring.verifyDevice(node, secret)).toBe("ok");
		for (const other of [ring.createNode(), `${node}x`, ""]) {
			expect(await ring.verifyDevice(other, secret)).toBe("wrong");
		}
	});

	test.each(nodes)("are no publish secrets, and these are none: %#", async (node) => {
		const [publish, device] = [await ring.secretOf(node), await ring.deviceSecretOf(node)];
		expect(await ring.verify(node, device)).toBe("wrong");
		expect(await ring.verifyDevice(node, publish)).toBe("wrong");
		const both = withFormerSecrets(ring, none);
		expect(await both.verify(node, device)).toBe("wrong");
		expect(await both.verifyDevice(node, publish)).toBe("wrong");
	});

	test("no single changed character passes, and no other spelling", async () => {
		for (const node of [ring.createNode(), FOREIGN]) {
			const secret = await ring.deviceSecretOf(node);
			for (let i = 0; i < secret.length; i++) {
				const changed = secret.slice(0, i) + (secret[i] === "A" ? "B" : "A") + secret.slice(i + 1);
				expect(await ring.verifyDevice(node, changed)).toBe("wrong");
			}
			for (const spelling of [`${secret}=`, ` ${secret}`, `${secret}\n`]) {
				expect(await ring.verifyDevice(node, spelling)).toBe("wrong");
			}
		}
	});

	test("whatever is sent as node and device secret is answered, and never passes", async () => {
		const text = fc.string({ unit: "binary" });
		await fc.assert(
			fc.asyncProperty(fc.oneof(text, fc.constantFrom(...nodes)), text, async (node, secret) => {
				expect(await ring.verifyDevice(node, secret)).toBe("wrong");
			}),
		);
	});

	test.each(nodes)(
		"of an old key go on verifying, and what is handed out is the current key's: %#",
		async (node) => {
			const old = await oldRing.deviceSecretOf(node);
			expect(await ring.verifyDevice(node, old)).toBe("ok");
			const current = await ring.deviceSecretOf(node);
			expect(current).not.toBe(old);
			expect(await ring.verifyDevice(node, current)).toBe("ok");
		},
	);

	test("of a node whose key is gone are the current key's: a pubsub host keeps such nodes", async () => {
		const node = strangerRing.createNode();
		expect(await ring.verifyDevice(node, await ring.deviceSecretOf(node))).toBe("ok");
	});

	test("of a key that is gone are neither right nor wrong", async () => {
		const gone = strangerRing.createNode();
		// The node says so itself, where nothing is known of the database yet.
		expect(await ring.verifyDevice(gone, await strangerRing.deviceSecretOf(gone))).toBe("unknown-key");
		expect(await ring.verifyDevice(gone, "nonsense")).toBe("wrong");
		const knowing = withFormerSecrets(ring, none, () => [...ring.ids, ...strangerRing.ids]);
		for (const node of [...nodes, gone]) {
			const secret = await strangerRing.deviceSecretOf(node);
			expect(await knowing.verifyDevice(node, secret)).toBe("unknown-key");
			expect(await withFormerSecrets(ring, none).verifyDevice(node, secret)).toBe(
				node === gone ? "unknown-key" : "wrong",
			);
		}
	});

	test("are not the secrets that another app server gave out, and do not end these", async () => {
		const SECRET = "384e51b4b2d5e4758e5dc342b22dea9217212f2c4886e2a3dcf16f3eb0eb3807";
		const asked: string[] = [];
		const hash = await ring.hashFormer(FOREIGN, SECRET);
		const both = withFormerSecrets(ring, {
			async hashOf(node) {
				asked.push(node);
				return hash;
			},
			async retire(node) {
				asked.push(node);
			},
		});
		expect(await both.verifyDevice(FOREIGN, SECRET)).toBe("wrong");
		expect(await both.verifyDevice(FOREIGN, hash)).toBe("wrong");
		expect(await both.verifyDevice(FOREIGN, await both.deviceSecretOf(FOREIGN))).toBe("ok");
		expect(asked).toEqual([]);
		expect(await both.verify(FOREIGN, SECRET)).toBe("ok");
	});

	test("tell nothing else that a key signs", async () => {
		const node = ring.createNode();
		const secret = await ring.deviceSecretOf(node);
		const bytes = Buffer.from(secret, "base64url").subarray(4).toString("hex");
		for (const other of [await ring.secretOf(node), await ring.secretOf(`device\0${node}`)]) {
			expect(Buffer.from(other, "base64url").toString("hex")).not.toContain(bytes);
		}
	});
});

describe("the secret of a UnifiedPush endpoint", () => {
	test("opens its endpoint and nothing else, and no other secret opens it", async () => {
		const node = ring.createNode();
		const secret = await ring.endpointSecretOf(node);
		expect(secret).toMatch(/^[\w-]{43}$/);
		expect(await ring.verifyEndpoint(node, secret)).toBe("ok");
		expect(await ring.verify(node, secret)).toBe("wrong");
		expect(await ring.verifyDevice(node, secret)).toBe("wrong");
		expect(await ring.verifyEndpoint(node, await ring.secretOf(node))).toBe("wrong");
		expect(await ring.verifyEndpoint(ring.createNode(), secret)).toBe("wrong");
		expect(await ring.verifyEndpoint("imported", secret)).toBe("wrong");
	});

	test("of an old key goes on to work; of a key that is not here nothing is known, if it ever was one of ours", async () => {
		const old = oldRing.createNode();
		expect(await ring.verifyEndpoint(old, await oldRing.endpointSecretOf(old))).toBe("ok");
		const strange = strangerRing.createNode();
		const secret = await strangerRing.endpointSecretOf(strange);
		expect(await ring.verifyEndpoint(strange, secret)).toBe("unknown-key");
		await expect(ring.endpointSecretOf(strange)).rejects.toBeInstanceOf(UnknownKey);
		const none = { hashOf: async () => undefined, retire: async () => {} };
		const knowing = (ids: readonly string[]) => withFormerSecrets(ring, none, () => ids);
		expect(await knowing(strangerRing.ids).verifyEndpoint(strange, secret)).toBe("unknown-key");
		expect(await knowing(ring.ids).verifyEndpoint(strange, secret)).toBe("wrong");
	});
});
