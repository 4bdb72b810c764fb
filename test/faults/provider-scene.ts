/** Every push service, sick in every way of a table at once, behind one process: each way is an app of its own. */
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCertificates } from "../peers/apns-certificates.ts";
import { temporaryFolder } from "../peers/folder.ts";
import { answer, type Serve, type SickProvider, startSickProvider } from "./sick-provider.ts";
import type { Sickened, Told } from "./sicknesses.ts";
import { startWire, type Target, type Wire } from "./wire.ts";

/** One service, sick in one way. */
export interface Patient {
	readonly name: string;
	readonly provider: SickProvider;
	readonly target: Target;
	/** Its status says that the push was taken. */
	readonly isDelivered: boolean;
}

export interface ProviderScene {
	readonly wire: Wire;
	readonly patients: readonly Patient[];
	/** A device at a service that is well. */
	readonly well: { provider: SickProvider; target: Target };
	stop(): Promise<void>;
}

const TOPIC = "org.example.chat";
const json = (value: unknown) => answer(200, JSON.stringify(value), { "Content-Type": "application/json" });
const giveToken: Serve = () => json({ access_token: "a-token", expires_in: 3600, token_type: "Bearer" });

/** How each serves when it is well. */
const SERVE: Record<Sickened, Serve> = {
	webpush: () => answer(201),
	apns: () => "",
	fcm: () => json({ name: "projects/p/messages/0:1" }),
	"fcm-token": giveToken,
	ubuntu: () => json({ ok: true }),
	wns: () => answer(200, "", { "X-WNS-Status": "received" }),
	"wns-token": giveToken,
	"entra-token": giveToken,
};

const HTTP1: readonly Sickened[] = [
	"webpush",
	"fcm",
	"fcm-token",
	"ubuntu",
	"wns",
	"wns-token",
	"entra-token",
];

/**
 * @param overHttp1 what all services but APNs are sick of
 * @param overHttp2 what APNs is sick of
 */
export async function openProviderScene(
	overHttp1: Record<string, Told>,
	overHttp2: Record<string, Told>,
): Promise<ProviderScene> {
	const folder = temporaryFolder("sick");
	const { ca, server: identity } = await makeCertificates(TOPIC);
	const authority = join(folder.path, "ca.pem");
	writeFileSync(authority, ca);
	const pem = { publicKeyEncoding: { type: "spki", format: "pem" } } as const;
	const pkcs8 = { privateKeyEncoding: { type: "pkcs8", format: "pem" } } as const;
	const rsa = generateKeyPairSync("rsa", { modulusLength: 2048, ...pem, ...pkcs8 }).privateKey;
	const ec = generateKeyPairSync("ec", { namedCurve: "P-256", ...pem, ...pkcs8 }).privateKey;

	const providers: SickProvider[] = [];
	const start = async (...given: Parameters<typeof startSickProvider>) => {
		const provider = await startSickProvider(...given);
		providers.push(provider);
		return provider;
	};
	const urlOf = ({ port }: SickProvider) => `http://127.0.0.1:${port}`;
	const wellToken = await start({}, giveToken);
	const wellFcm = await start({}, SERVE.fcm);
	const wellWns = await start({}, SERVE.wns);
	for (const provider of providers) provider.recover();

	const apps: object[] = [{ name: "webpush", service: "webpush" }];
	const serviceAccount = (token: SickProvider) =>
		JSON.stringify({
			type: "service_account",
			project_id: "p",
			private_key_id: "key",
			private_key: rsa,
			client_email: "push@p.iam.gserviceaccount.com",
			token_uri: `${urlOf(token)}/token`,
		});
	const fcm = (name: string, provider: SickProvider, token: SickProvider) =>
		apps.push({ name, service: "fcm", url: urlOf(provider), service_account: serviceAccount(token) });
	const wns = (name: string, token: SickProvider, account: object) =>
		apps.push({ name, service: "wns", client_secret: "secret", token_url: `${urlOf(token)}/t`, ...account });
	const SID = { package_sid: "ms-app://s-1-15-2-1" };
	const ENTRA = { tenant_id: crypto.randomUUID(), client_id: crypto.randomUUID() };
	const fcmDevice = (app: string) => ({ app, token: `${"f".repeat(22)}:APA91b${"x".repeat(134)}` });
	const channel = (app: string, provider: SickProvider) => ({
		app,
		token: `${urlOf(provider)}/?token=${app}`,
	});

	/** @returns the device's registration */
	function setUp(kind: Sickened, app: string, provider: SickProvider): object {
		switch (kind) {
			case "webpush":
				return { app: "webpush", subscription: { endpoint: `${urlOf(provider)}/1` } };
			case "apns": {
				const key = { key: ec, key_id: "KEY1234567", team_id: "TEAM123456", topic: TOPIC };
				apps.push({ name: app, service: "apns", url: `https://localhost:${provider.port}`, ...key });
				return { app, token: "ab".repeat(32) };
			}
			case "fcm":
				fcm(app, provider, wellToken);
				return fcmDevice(app);
			case "fcm-token":
				fcm(app, wellFcm, provider);
				return fcmDevice(app);
			case "ubuntu":
				apps.push({ name: app, service: "ubuntu", url: urlOf(provider) });
				return { app, token: "dWJ1bnR1".repeat(8), applicationId: "com.example.chat_chat" };
			case "wns":
				wns(app, wellToken, SID);
				return channel(app, provider);
			case "wns-token":
				wns(app, provider, SID);
				return channel(app, wellWns);
			case "entra-token":
				wns(app, provider, ENTRA);
				return channel(app, wellWns);
		}
	}

	const devices: (Omit<Patient, "target"> & { device: object })[] = [];
	async function admit(kind: Sickened, sicknesses: Record<string, Told>) {
		for (const [name, sickness] of Object.entries(sicknesses)) {
			const provider = await start(sickness, SERVE[kind], kind === "apns" ? identity : undefined);
			const device = setUp(kind, `${kind}-${devices.length}`, provider);
			const isDelivered = sickness.isDeliveredAt?.includes(kind) ?? false;
			devices.push({ name: `${kind} ${name}`, provider, isDelivered, device });
		}
	}
	for (const kind of HTTP1) await admit(kind, overHttp1);
	await admit("apns", overHttp2);
	fcm("well", wellFcm, wellToken);

	const wire = await startWire({
		APPS: JSON.stringify(apps),
		NODE_EXTRA_CA_CERTS: authority,
		UBUNTU_URL: undefined,
		PUSH_INTERVAL_MS: "0",
	});
	const patients: Patient[] = [];
	for (const { device, ...patient } of devices)
		patients.push({ ...patient, target: await wire.register(device) });
	return {
		wire,
		patients,
		well: { provider: wellFcm, target: await wire.register(fcmDevice("well")) },
		async stop() {
			await wire.stop();
			for (const provider of providers) provider.stop();
			folder.remove();
		},
	};
}
