/** Publishes that a real server routes to us, beside a bare component, or a bare account, on the same server. */
import { startEjabberd } from "../test/peers/ejabberd.ts";
import { startProsody } from "../test/peers/prosody.ts";
import type { XmppServer, XmppServerOptions } from "../test/peers/xmpp-server.ts";
import { allAnswered, type Row, type Section } from "./rows.ts";
import { inTurns } from "./turns.ts";
import type { Through } from "./wire/lines.ts";
import { COMPONENT, SERVER } from "./wire/names.ts";
import {
	firstStartWith,
	floorOf,
	type Load,
	type Measured,
	measure,
	PASSWORD,
	type Provider,
	reveilleOn,
	type Subject,
	startProvider,
} from "./wire/scene.ts";
import { type Seeded, seed } from "./wire/seeded.ts";

const REGISTRATIONS = 100_000;
/** On their way at once. */
const WINDOW = 256;
/** Where stock limits hold answers up a full window would wait for seconds. */
const LIMITED_WINDOW = 32;
const PROSODY_TARGET = 0.95;
const EJABBERD_TARGET = 0.8;

/** The users' domain is the load's: publishes come from the registrations' owners' own domain, as they should. */
const ACCOUNTS = "accounts.example.org";
/** Its rate limits are lifted as docs/xmpp-servers.md says. */
const LIFTED = "push";
const LIMITED = "limited";
const RESOURCE = "push";

/** The servers, each with its name for people, and the least share of the floor's rate that we must reach. */
export const SERVERS: readonly {
	name: string;
	start(options: XmppServerOptions): Promise<XmppServer>;
	target: number;
}[] = [
	{ name: "Prosody", start: startProsody, target: PROSODY_TARGET },
	{ name: "ejabberd", start: startEjabberd, target: EJABBERD_TARGET },
];

/** The rows of one server. */
async function ofServer(
	{ name, start, target }: (typeof SERVERS)[number],
	provider: Provider,
	{ dataFolder, targets }: Seeded,
	report: (row: Row) => void,
): Promise<void> {
	const server = await start({
		hosts: [ACCOUNTS],
		components: [COMPONENT, SERVER].map((domain) => ({ domain, secret: PASSWORD })),
		limits: "stock",
		unlimited: [`${LIFTED}@${ACCOUNTS}`],
	});
	try {
		await server.addUsers([LIFTED, LIMITED], PASSWORD);
		const to = (service: string, jid: string): Through => ({
			port: server.ports.component,
			domain: SERVER,
			password: PASSWORD,
			service,
			to: jid,
		});
		const asComponent: Load = {
			transport: "component",
			targets,
			window: WINDOW,
			through: to(server.componentUrl, COMPONENT),
		};
		const coresOf = ({ besideCores = 0 }: Measured) => `${name} used ${besideCores.toFixed(2)} of a core`;
		const measured = (subject: Subject, load: Load) => measure(subject, load, server.pid());

		async function row(
			kind: string,
			floor: { name: string; subject: Subject },
			subject: Subject,
			load: Load,
		) {
			const { ours, floor: bare } = await inTurns(
				() => measured(floor.subject, load),
				() => measured(subject, load),
			);
			report({
				name: `${name}, ${kind}`,
				unit: "publishes",
				ours,
				floor: { ...bare, name: `${floor.name}, one fetch, on the same ${name}` },
				target,
				must: [allAnswered(ours)],
				note: `${coresOf(ours)}, ${bare.besideCores?.toFixed(2)} beside its floor`,
			});
		}

		await row(
			"as a component",
			{ name: "bare @xmpp/component", subject: floorOf(provider) },
			reveilleOn(dataFolder, provider),
			asComponent,
		);

		const accountOf = (username: string) =>
			reveilleOn(dataFolder, provider, { XMPP_DOMAIN: ACCOUNTS, XMPP_USERNAME: username });
		const loadOf = (username: string): Load => ({
			transport: "websocket",
			targets,
			window: WINDOW,
			through: to(server.websocketUrl, `${username}@${ACCOUNTS}/${RESOURCE}`),
		});
		const bareAccount = { username: LIFTED, domain: ACCOUNTS, resource: RESOURCE };
		await row(
			"as an account over WebSocket",
			{ name: "bare @xmpp/client with resumption", subject: floorOf(provider, { account: bareAccount }) },
			accountOf(LIFTED),
			loadOf(LIFTED),
		);

		// What a limit lets through at first is through when the load is warm.
		const held = await measured(accountOf(LIMITED), {
			...loadOf(LIMITED),
			window: LIMITED_WINDOW,
			warmSeconds: 5,
		});
		report({
			name: `${name}, WebSocket, its stock limits`,
			unit: "publishes",
			ours: held,
			must: [allAnswered(held)],
			note: `the server holds the account up; ${coresOf(held)}`,
		});
	} finally {
		await server.stop();
	}
}

export const servers: Section = {
	name: "servers",
	about:
		"publishes that a real Prosody and a real ejabberd route, against a bare component and a bare account there",
	async run(report) {
		const provider = await startProvider("fcm");
		let seeded: Seeded | undefined;
		try {
			seeded = await seed(REGISTRATIONS, "fcm", provider, firstStartWith(provider));
			for (const server of SERVERS) await ofServer(server, provider, seeded, report);
		} finally {
			seeded?.remove();
			await provider.stop();
		}
	},
};
