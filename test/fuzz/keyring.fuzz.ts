/** Nodes and secrets: only the secret that belongs to a node verifies, whatever the keys. */
import fc from "fast-check";
import {
	createKeyring,
	isOwnNode,
	splitOpenNode,
	UnknownKey,
	underKey,
	withFormerSecrets,
} from "../../src/secrets.ts";
import { claim, same } from "./claims.ts";
import { anyText, spoiltText } from "./hostile.ts";
import { always, eventually, type Fuzzed } from "./property.ts";

const KEYS = [
	"a key of at least thirty-two characters, for tests",
	"an older key of at least thirty-two characters",
];
const [current = "", old = ""] = KEYS;
const keyring = await createKeyring(current, [old]);
const older = await createKeyring(old);
const stranger = await createKeyring("a key of somebody else's, of thirty-two characters");

const pairOf = async (ring: typeof keyring, node: string) => ({ node, secret: await ring.secretOf(node) });
/** Of the current key, of an old one, and of nodes that another app server made. */
const PAIRS = await Promise.all([
	...Array.from({ length: 20 }, () => pairOf(keyring, keyring.createNode())),
	...Array.from({ length: 10 }, () => pairOf(older, older.createNode())),
	...["device-1", "x", "é🕊", "aaaaaaaaaaaaaaaaaaaaaaaaaaa"].map((node) => pairOf(keyring, node)),
]);
/** What each of the nodes' devices may have been given. */
const DEVICES = await Promise.all(
	PAIRS.map(async ({ node }) => ({
		node,
		secrets: [await keyring.deviceSecretOf(node), await older.deviceSecretOf(node)],
	})),
);
const deviceSecretsFor = new Map(DEVICES.map(({ node, secrets }) => [node, secrets]));
const secretFor = new Map(PAIRS.map(({ node, secret }) => [node, secret]));
const pair = fc.constantFrom(...PAIRS);
const deviceSecret = fc.constantFrom(...DEVICES.flatMap(({ secrets }) => secrets));
const node = pair.map((it) => it.node);
const secret = pair.map((it) => it.secret);

const former = await keyring.hashFormer("device-1", "the former secret");
const taking = withFormerSecrets(keyring, {
	hashOf: async (its) => (its === "device-1" ? former : undefined),
	retire: async () => undefined,
});

export const fuzzed: Fuzzed = {
	name: "nodes and secrets",
	properties: [
		eventually(
			"a node and a secret verify only where they belong together",
			{ weight: 8, most: 150_000 },
			fc.tuple(spoiltText(node, 1), spoiltText(secret, 1)),
			async ([its, given]) => {
				const isRight = secretFor.has(its) ? secretFor.get(its) === given : given === (await secretNow(its));
				const verdict = await keyring.verify(its, given);
				same(verdict === "ok", isRight, verdict);
				if (verdict === "unknown-key") claim(isUnknown(its), its);
				same(
					await taking.verify(its, given),
					verdict === "ok" || given !== "the former secret" || its !== "device-1" ? verdict : "ok",
				);
			},
		),
		eventually(
			"a device secret opens its own node, and nothing of it is a publish secret, or the other way round",
			{ weight: 4, most: 100_000 },
			fc.tuple(spoiltText(node, 1), fc.oneof(spoiltText(deviceSecret, 1), spoiltText(secret, 1))),
			async ([its, given]) => {
				const own = deviceSecretsFor.get(its) ?? [
					await keyring.deviceSecretOf(its),
					await older.deviceSecretOf(its),
				];
				for (const ring of [keyring, taking]) {
					same((await ring.verifyDevice(its, given)) === "ok", own.includes(given));
					if (own.includes(given)) claim((await ring.verify(its, given)) !== "ok", its);
				}
				const strange = await stranger.deviceSecretOf(its);
				claim((await keyring.verifyDevice(its, strange)) !== "ok", its);
			},
		),
		eventually(
			"no stranger's secret verifies, and no former one but to its own node",
			{ weight: 3, most: 60_000 },
			fc.tuple(fc.oneof(node, anyText), fc.constantFrom("the former secret", "the former secrets", "")),
			async ([its, given]) => {
				same(
					await taking.verify(its, given),
					its === "device-1" && given === "the former secret"
						? "ok"
						: isUnknown(its)
							? "unknown-key"
							: "wrong",
				);
				const strange = await stranger.secretOf(stranger.usable(its));
				same((await keyring.verify(its, strange)) === "ok", false);
			},
		),
		always(
			"a node has one twin under each key, and a foreign one none",
			{ weight: 4, most: 200_000 },
			fc.oneof(spoiltText(node), anyText),
			(its) => {
				const twin = keyring.underCurrentKey(its);
				same(twin === its || isOwnNode(its), true);
				same(keyring.underCurrentKey(twin), twin);
				same(underKey(twin, older.ids[0]), underKey(its, older.ids[0]));
				same(isOwnNode(its), /^[\w-]{26}[AEIMQUYcgkosw048]$/.test(its));
				const open = splitOpenNode(its);
				same(open !== undefined, its.split(".").length === 2);
			},
		),
		eventually(
			"any key makes nodes that its own secrets open, and that no other key's do",
			{ weight: 1, most: 4_000 },
			fc.tuple(fc.string({ minLength: 32, maxLength: 80, unit: "binary" }), fc.boolean()),
			async ([key, asOld]) => {
				const its = await createKeyring(key);
				const made = await pairOf(its, its.createNode());
				const both = asOld ? await createKeyring(current, [key]) : await createKeyring(key, [current]);
				same(await both.verify(made.node, made.secret), "ok");
				same(await both.verifyDevice(made.node, await its.deviceSecretOf(made.node)), "ok");
				// Half a character is the replacement character to UTF-8: such keys are the same.
				if (its.ids[0] !== keyring.ids[0]) same(await keyring.verify(made.node, made.secret), "unknown-key");
				const open = splitOpenNode(await its.openNode(made.node));
				same(open, made);
			},
		),
	],
};

const isUnknown = (its: string) => isOwnNode(its) && !keyring.ids.includes(idIn(its));
const idIn = (its: string) => Buffer.from(Buffer.from(its, "base64url").subarray(0, 4)).toString("base64url");

async function secretNow(its: string): Promise<string | undefined> {
	try {
		return await keyring.secretOf(its);
	} catch (error) {
		if (error instanceof UnknownKey) return undefined;
		throw error;
	}
}
