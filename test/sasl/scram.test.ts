import { describe, expect, test } from "bun:test";
import { SaslError } from "../../src/sasl/mechanism.ts";
import { createScram, type ScramName } from "../../src/sasl/scram.ts";
import { createScramServer } from "../connector/stream/scram-server.ts";

interface Exchange {
	mechanism: ScramName;
	nonce: string;
	/** Client, server, client, server. */
	said: readonly [string, string, string, string];
}

/** All for the user name `user` and the password `pencil`. */
const EXCHANGES: Record<string, Exchange> = {
	"RFC 5802 §5": {
		mechanism: "SCRAM-SHA-1",
		nonce: "fyko+d2lbbFgONRv9qkxdawL",
		said: [
			"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
			"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
			"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
			"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
		],
	},
	"RFC 7677 §3": {
		mechanism: "SCRAM-SHA-256",
		nonce: "rOprNGfwEbeRWgbNEkqO",
		said: [
			"n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
			"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
			"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
			"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
		],
	},
	// No RFC has one. Recorded with an ejabberd 23.01 that was set to `auth_password_format: scram` and
	// `auth_scram_hash: sha512`: it chose its nonce and the salt, took this proof, and answered with this signature.
	"ejabberd with SHA-512": {
		mechanism: "SCRAM-SHA-512",
		nonce: "rOprNGfwEbeRWgbNEkqO",
		said: [
			"n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
			"r=rOprNGfwEbeRWgbNEkqOHZKIHyyfrgs1q8ju7Zq4xA==,s=+iuPrhYguobVeL8w70jcqw==,i=4096",
			"c=biws,r=rOprNGfwEbeRWgbNEkqOHZKIHyyfrgs1q8ju7Zq4xA==,p=URhxOwYsx8dzNlAsAamqGq5Cm7wEqFTtBTGt4pG7b6Uz4R+2H+omO7dScR94hfcqVl8SMid3fZeRyIWn8S8VxA==",
			"v=WH4SZLgtXIL1Pj0ZwVW+i49sdVaPnppqZ3nN8e4fCM1Db8+JzNfWHeGGd6PB+fWu391CczLq3OMeUHEayPR1Fg==",
		],
	},
};

const PENCIL = { username: "user", password: "pencil" };
const faultOf = async (work: Promise<unknown>) => {
	const error = await work.then(
		() => undefined,
		(its: unknown) => its,
	);
	if (error instanceof SaslError) return error.fault;
	throw error ?? new Error("It went well.");
};

describe.each(Object.entries(EXCHANGES))("the exchange of %s", (_, { mechanism, nonce, said }) => {
	const [first, challenge, proof, signature] = said;

	test("is what we say", async () => {
		const scram = createScram(mechanism, PENCIL, nonce);
		expect(scram.first()).toBe(first);
		expect(await scram.respond(challenge)).toBe(proof);
		await scram.finish(signature);
	});

	test("may end with one more challenge, and success alone", async () => {
		const scram = createScram(mechanism, PENCIL, nonce);
		await scram.respond(challenge);
		expect(await scram.respond(signature)).toBe("");
		await scram.finish("");
		expect(await faultOf(scram.respond("once more"))).toBe("unreadable");
	});

	test("may have extensions, which mean nothing to us but are part of what is proved", async () => {
		const scram = createScram(mechanism, PENCIL, nonce);
		const other = await scram.respond(`${challenge},d=whatever,x=`);
		expect(other).toStartWith(proof.slice(0, proof.indexOf(",p=")));
		expect(other).not.toBe(proof);
		expect(await faultOf(scram.finish(signature))).toBe("unproven");
	});

	test("is left where one bit of the signature is another, or anything is missing", async () => {
		const bits = Buffer.from(signature.slice(2), "base64");
		bits.writeUInt8((bits.at(-1) ?? 0) ^ 1, bits.length - 1);
		const other = `v=${bits.toString("base64")}`;
		for (const last of [other, "", "v=", signature.slice(2), `v=${signature}`, `${signature}=`, "e=x"]) {
			const scram = createScram(mechanism, PENCIL, nonce);
			await scram.respond(challenge);
			expect(await faultOf(scram.finish(last))).toBe("unproven");
		}
	});

	test("proves nothing before the challenge", async () => {
		const scram = createScram(mechanism, PENCIL, nonce);
		expect(await faultOf(scram.finish(signature))).toBe("unproven");
	});
});

test("each login has a nonce of its own, long enough and without a comma", () => {
	const nonces = Array.from({ length: 100 }, () => createScram("SCRAM-SHA-1", PENCIL).first().split("r=")[1]);
	expect(new Set(nonces).size).toBe(100);
	for (const nonce of nonces) expect(nonce).toMatch(/^[!-+\--~]{32}$/);
});

test.each([
	["a,b=c", "a=2Cb=3Dc"],
	["=2C", "=3D2C"],
	["p\u00fcsh", "p\u00fcsh"],
	["p\u0075\u0308sh\u00ad", "p\u00fcsh"],
])("the user name %s is sent as %s", (username, sent) => {
	expect(createScram("SCRAM-SHA-1", { username, password: "x" }, "nonce").first()).toBe(
		`n,,n=${sent},r=nonce`,
	);
});

test("a password is hashed as SASLprep has it, in UTF-8", async () => {
	const server = createScramServer({
		mechanism: "SCRAM-SHA-256",
		password: "IX p\u00e4ssw\u00f6rd\u2013\u{1f418}",
	});
	const password = "\u2168\u00a0p\u0061\u0308ssw\u00f6rd\u2013\u{1f418}";
	const scram = createScram("SCRAM-SHA-256", { username: "user", password });
	const proof = await scram.respond(server.challenge(scram.first()));
	const signature = server.success(proof);
	expect(signature).toStartWith("v=");
	await scram.finish(signature ?? "");
});

describe("a challenge", () => {
	const nonce = "client";
	const respond = (challenge: string) => createScram("SCRAM-SHA-1", PENCIL, nonce).respond(challenge);

	test.each([
		["nothing", ""],
		["another nonce", "r=tneilc1,s=QQ==,i=4096"],
		["our nonce alone", "r=client,s=QQ==,i=4096"],
		["a nonce that is not printable", "r=client\u00e9,s=QQ==,i=4096"],
		["a nonce with a blank", "r=client x,s=QQ==,i=4096"],
		["an extension that must be understood", "m=x,r=client1,s=QQ==,i=4096"],
		["another order", "s=QQ==,r=client1,i=4096"],
		["no salt", "r=client1,i=4096"],
		["an empty salt", "r=client1,s=,i=4096"],
		["a salt that is no base64", "r=client1,s=Q*==,i=4096"],
		["no iterations", "r=client1,s=QQ=="],
		["too few iterations", "r=client1,s=QQ==,i=4095"],
		["too many iterations", "r=client1,s=QQ==,i=2000001"],
		["iterations beyond all numbers", `r=client1,s=QQ==,i=${"9".repeat(400)}`],
		["iterations with a sign", "r=client1,s=QQ==,i=+4096"],
		["iterations with a zero in front", "r=client1,s=QQ==,i=04096"],
		["iterations in hexadecimal", "r=client1,s=QQ==,i=0x1000"],
		["iterations with a part of one", "r=client1,s=QQ==,i=4096.5"],
		["an error", "e=other-error"],
	])("with %s is not answered", async (_, challenge) => {
		expect(await faultOf(respond(challenge))).toBe("unreadable");
	});

	test("is answered with as few and as many iterations as are allowed, while the event loop goes on", async () => {
		expect(await respond("r=client1,s=QQ==,i=4096")).toStartWith("c=biws,r=client1,p=");
		let turns = 0;
		let done = false;
		const turn = () => {
			turns++;
			if (!done) setImmediate(turn);
		};
		setImmediate(turn);
		expect(await respond("r=client1,s=QQ==,i=2000000")).toStartWith("c=biws,r=client1,p=");
		done = true;
		// On this thread it would have been one or two.
		expect(turns).toBeGreaterThan(20);
	});
});
