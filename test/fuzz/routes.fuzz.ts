/** Every route, over a real database: no request breaks the server, learns a secret, or changes what it may not. */
import { SignJWT } from "jose";
import type { AppDeps } from "../../src/app.ts";
import type { MetricsDeps } from "../../src/routes/admin/metrics.ts";
import { createJwtCheck } from "../../src/routes/guards/jwt.ts";
import { askingFor, SECRET_KEY, startTestServer } from "../routes/routes-fixture.ts";
import { sendsNothing, servicesWithoutNetwork } from "../services/without-network.ts";
import { ALL_APPS, APNS_HEX } from "../xmpp/commands/commands-fixture.ts";
import { claim, same } from "./claims.ts";
import { eventually, type Fuzzed, type Property } from "./property.ts";
import { quick } from "./quick-database.ts";
import { type Sent, spoiltRequest } from "./requests.ts";

const ADMIN = "the-operators-token-of-at-least-32-characters";
const REGISTRATION = "the-registration-token-of-at-least-32-chars";
const SHARED = "a key that the backend and the server share";
const OTHER_HEX = APNS_HEX.replaceAll("a", "b");
const VICTIM = "https://push.example/the-endpoint-of-the-victim";
const SERVED = "the-token-of-another-whose-server-we-are";
const services = await servicesWithoutNetwork(ALL_APPS);
const audience = "https://push.example.net";
const jwt = await new SignJWT({ aud: audience })
	.setProtectedHeader({ alg: "HS256" })
	.setExpirationTime("1y")
	.sign(new TextEncoder().encode(SHARED));
const check = await createJwtCheck({ key: { text: SHARED }, audience: [audience] }, { fetch: sendsNothing });

const MANY = 1_000_000_000;
const server = (deps: Partial<AppDeps & MetricsDeps>) =>
	startTestServer(
		{
			services,
			apps: ALL_APPS,
			adminToken: ADMIN,
			scrape: async () => ({ contentType: "text/plain; version=0.0.4", text: "reveille_xmpp_online 1" }),
			...deps,
		},
		{ owner: MANY, address: MANY, host: MANY },
	);

/** What an answer has beyond what was sent, characters. */
const MORE = 32 * 1024;

const lengthOf = (url: string, headers: Record<string, string>, body: string | Uint8Array | undefined) =>
	url.length + JSON.stringify(headers).length + (body?.length ?? 0);

/** Whose rows there are at most, so that a case is quick. */
const MOST = 10;

async function propertyOf(
	name: string,
	deps: Partial<AppDeps & MetricsDeps>,
	may: string,
	weight: number,
): Promise<{ property: Property; close(): Promise<void> }> {
	const opened = await quick(await server(deps));
	const { app, client, keyring, registrations, logged, pushed } = opened;
	const register = async (token: string, device: string) => {
		const wanted = { owner: "", app: "webpush", token, device, jid: "push@example.net/push" };
		const made = await registrations.register(wanted, () => keyring.createNode());
		if (made.kind === "over-quota") throw new Error(made.kind);
		return made.registration.node;
	};
	const victim = await register(VICTIM, "api:victim");
	/** Of the account that Tigase's clients remove, two devices: the requests are about one of them. */
	const tigase = async (token: string) => {
		const device = `tigase:${token}`;
		const wanted = { owner: "juliet@example.net", app: "apns", token, device, dialect: "tigase" as const };
		await registrations.register(wanted, () => keyring.createNode());
	};
	const mine = async () => {
		await tigase(APNS_HEX);
		await tigase(OTHER_HEX);
		const node = await register("https://push.example/mine", "api:mine");
		return { node, secret: await keyring.secretOf(node), device: await keyring.deviceSecretOf(node) };
	};
	/** Another's, whose server we are: it was told node and secret. */
	const served = await registrations.registerInBatch(
		{ owner: "nurse@example.org", app: "fcm", token: SERVED, device: "phone", dialect: "push-appserver" },
		keyring.createNode(),
	);
	if (served.kind === "over-quota") throw new Error(served.kind);
	const serveds = served.registration.node;
	const publish = await keyring.secretOf(serveds);
	let own = await mine();
	/** What nobody hears who was not told it before. */
	const hidden = [
		...[SECRET_KEY, SHARED, VICTIM, SERVED, await keyring.secretOf(victim), ADMIN, REGISTRATION],
		...[await keyring.deviceSecretOf(victim), await keyring.deviceSecretOf(serveds)],
	];
	const isAnothers = ({ node }: Record<string, unknown>) => node === victim || node === serveds;
	const tables = ["registrations", "former_secrets", "handover", "facts", "statistics"];
	const rows = async () => {
		const [first, ...others] = await client.batch(tables.map((table) => `SELECT * FROM ${table}`));
		return { registrations: first?.rows ?? [], others: others.map(({ rows }) => rows.length) };
	};
	let before = await rows();

	const filled = (text: string) =>
		text
			.replaceAll("{node}", own.node)
			.replaceAll("{secret}", own.secret)
			.replaceAll("{device}", own.device)
			.replaceAll("{victim}", victim)
			.replaceAll("{served}", serveds)
			.replaceAll("{publish}", publish)
			.replaceAll("{may}", may)
			.replaceAll("{admin}", ADMIN)
			.replaceAll("{basic}", btoa(`any:${ADMIN}`));

	async function holds(sent: Sent) {
		logged.length = 0;
		pushed.length = 0;
		const headers = Object.fromEntries(
			Object.entries(sent.headers).map(([key, value]) => [key, filled(value)]),
		);
		const body = typeof sent.body === "string" ? filled(sent.body) : sent.body;
		const url = `https://push.example.net${filled(sent.path)}`;
		const response = await app.request(url, {
			method: sent.method,
			headers,
			...(body !== undefined && { body }),
		});
		const text = await response.text();
		const answer = `${response.status} ${JSON.stringify([...response.headers])} ${text}`;
		claim(response.status >= 200 && response.status < 500, answer);
		same(logged, [], "logged");
		for (const secret of hidden) claim(!answer.includes(secret), () => `told ${secret}: ${answer}`);
		claim(!/\n\s+at .+:\d+:\d+|node_modules|SQLITE_|SqliteError|\.tsx?:\d/.test(answer), answer);
		const type = response.headers.get("Content-Type");
		if (text && response.status >= 400 && type?.startsWith("application/problem+json"))
			same((JSON.parse(text) as { status: number }).status, response.status);
		// What a browser would run of an answer: nothing.
		if (type?.startsWith("text/html"))
			claim(/default-src 'none'/.test(response.headers.get("Content-Security-Policy") ?? ""), answer);
		const after = await rows();
		const isRefused = response.status >= 400 || text.startsWith("ERROR");
		const isQuestion = ["GET", "HEAD", "OPTIONS"].includes(sent.method.toUpperCase());
		if (isRefused || isQuestion) same(after, before, `${answer}, and`);
		// The documents are what they are; of all else no more is told than what was sent calls for.
		if (!/^\/(docs|openapi\.json)/.test(new URL(url).pathname))
			claim(answer.length <= lengthOf(url, headers, body) + MORE, () => `${answer.length} characters`);
		same(after.others, before.others);
		same(after.registrations.filter(isAnothers), before.registrations.filter(isAnothers), "another's");
		const others = (all: typeof after) => all.registrations.filter(({ token }) => token === OTHER_HEX);
		same(others(after), others(before), "another device's");
		const isNew = after.registrations.some(({ node }) =>
			before.registrations.every((row) => row.node !== node),
		);
		if (isNew)
			claim(
				[...Object.values(headers), body].some((part) => String(part).includes(may)),
				"registered without",
			);
		for (const { node } of pushed) same(node, own.node, "pushed");
		if (isRefused) same(pushed, []);
		before = after;
		const isMine = after.registrations.some(({ node }) => node === own.node);
		if (isMine && after.registrations.length <= MOST) return;
		await client.execute({
			sql: "DELETE FROM registrations WHERE node NOT IN (?, ?)",
			args: [victim, serveds],
		});
		own = await mine();
		before = await rows();
	}

	return {
		property: eventually(name, { weight, most: weight * 2_000 }, spoiltRequest, holds),
		close: opened.close,
	};
}

const open = await propertyOf(
	"no request breaks a server that is open, with debug pages, tells a secret, or changes what it may not",
	{ debugPages: { adminToken: ADMIN } },
	"",
	30,
);
const byToken = await propertyOf(
	"nor one that asks for a registration token",
	{ registration: askingFor(REGISTRATION) },
	REGISTRATION,
	12,
);
const byJwt = await propertyOf(
	"nor one that asks for a JWT",
	{ registration: { mode: "jwt", check } },
	jwt,
	12,
);

export const fuzzed: Fuzzed = {
	name: "routes",
	properties: [open.property, byToken.property, byJwt.property],
	async close() {
		for (const { close } of [open, byToken, byJwt]) await close();
	},
};
