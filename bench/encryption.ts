/** Encrypting Web Push's messages, alone: beside the npm package web-push on the same Bun. */
import { createECDH, diffieHellman, generateKeyPairSync, randomBytes } from "node:crypto";
import webPush from "web-push";
import { nativeMessageCipher } from "../src/bun/native-crypto.ts";
import { encrypt } from "../src/services/webpush/message-encryption.ts";
import { receiverKeys } from "../src/services/webpush/receiver-keys.ts";
import { createDevice } from "../test/peers/web-push-device.ts";
import type { Figure, Section } from "./rows.ts";

/** A push with a sender and the beginning of a body. */
const PLAINTEXT = randomBytes(200);
const DEVICES = 64;
/** As many as a busy origin has on their way. */
const AT_ONCE = 32;
const WARM_UP_MS = 1_000;
const TURN_MS = 1_000;
const TURNS = 4;
const TARGET = 1.8;
/** CPU time of one message, µs. */
const MOST_CPU = 85;

type Keys = { p256dh: string; auth: string };
type Encrypt = (keys: Keys) => unknown;

const devices = (): Keys[] =>
	Array.from({ length: DEVICES }, () => ({
		p256dh: createECDH("prime256v1").generateKeys("base64url"),
		auth: randomBytes(16).toString("base64url"),
	}));

/** Encrypts for so long. @returns how many, and how long it and this process's CPU time were, s */
async function turn(encryptOne: Encrypt, keys: readonly Keys[], ms: number) {
	const cpuBefore = process.cpuUsage();
	const from = performance.now();
	let count = 0;
	const one = async () => {
		while (performance.now() - from < ms) await encryptOne(keys[count++ % keys.length] as Keys);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, one));
	const { user, system } = process.cpuUsage(cpuBefore);
	return { count, seconds: (performance.now() - from) / 1000, cpu: user + system };
}

/** Measures several in turns, so that what else the machine does is fair to all. */
async function inTurns(all: readonly Encrypt[]): Promise<Figure[]> {
	const keys = devices();
	const sums = all.map(() => ({ count: 0, seconds: 0, cpu: 0 }));
	for (const one of all) await turn(one, keys, WARM_UP_MS);
	for (let i = 0; i < TURNS; i++) {
		for (const [index, one] of all.entries()) {
			const { count, seconds, cpu } = await turn(one, keys, TURN_MS);
			const sum = sums[index] as (typeof sums)[number];
			sum.count += count;
			sum.seconds += seconds;
			sum.cpu += cpu;
		}
	}
	return sums.map(({ count, seconds, cpu }) => ({ rate: count / seconds, cpu: cpu / count }));
}

const native = nativeMessageCipher();

/** As webpush.ts does it: the keys come from the database as text. */
const ours: Encrypt = (keys) => encrypt(PLAINTEXT, receiverKeys(keys), { cipher: native });
const atEdge: Encrypt = (keys) => encrypt(PLAINTEXT, receiverKeys(keys));
const theirs: Encrypt = ({ p256dh, auth }) => {
	const { salt, localPublicKey, cipherText } = webPush.encrypt(p256dh, auth, PLAINTEXT, "aes128gcm");
	return [salt, localPublicKey, cipherText];
};

const newKeyPair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const receiver = newKeyPair().publicKey;

/** What no way of encrypting goes without: a new key pair and its agreement, on one thread. */
const agreementAlone: Encrypt = () =>
	diffieHellman({ privateKey: newKeyPair().privateKey, publicKey: receiver });

/** Both must make what a device reads: else this compares nothing. */
async function checkBoth(): Promise<void> {
	const device = createDevice("https://push.example/");
	const { keys } = device.subscription;
	const messages = [
		await encrypt(PLAINTEXT, receiverKeys(keys), { cipher: native }),
		webPush.encrypt(keys.p256dh, keys.auth, PLAINTEXT, "aes128gcm").cipherText,
	];
	for (const message of messages)
		if (!device.decrypt(message).equals(PLAINTEXT)) throw new Error("a device cannot read a message");
}

/** The agreement alone, by OpenSSL on one core; undefined where there is none. */
function opensslAgreements(): string | undefined {
	if (Bun.which("openssl") === null) return undefined;
	const { stdout } = Bun.spawnSync(["openssl", "speed", "-seconds", "2", "ecdhp256"], { stderr: "ignore" });
	return /\(nistp256\)\s+\S+\s+([\d.]+)/.exec(stdout.toString())?.[1];
}

export const encryption: Section = {
	name: "encryption",
	about:
		"Web Push's messages encrypted (RFC 8291, 200 bytes) against the npm package web-push on the same Bun",
	async run(report) {
		await checkBoth();
		const [us, edge, them, alone] = await inTurns([ours, atEdge, theirs, agreementAlone]);
		if (!us || !edge || !them || !alone) return;
		const floor = { ...them, name: "web-push's encrypt, aes128gcm" };
		const agreements = opensslAgreements();
		report({
			name: "encryption on Bun",
			unit: "messages",
			ours: us,
			floor,
			target: TARGET,
			must: [{ what: `at most ${MOST_CPU} µs of CPU each`, isMet: (us.cpu ?? 0) <= MOST_CPU }],
			note: `a new key and its agreement alone take ${alone.cpu?.toFixed(0)} µs of one core${
				agreements === undefined
					? ""
					: `; openssl speed: ${Number(agreements).toLocaleString("en")} agreements/s, without a new key each`
			}`,
		});
		report({
			name: "encryption at an edge",
			unit: "messages",
			ours: edge,
			floor,
			note: "WebCrypto alone, here on Bun",
		});
	},
};
