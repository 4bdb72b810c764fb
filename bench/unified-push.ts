/** Pushes to UnifiedPush endpoints, as they come to phones: Reveille beside Prosody's own mod_unified_push. */
import { join } from "node:path";
import { createDistributor, type Distributor, type Endpoint } from "../test/peers/distributor.ts";
import { temporaryFolder } from "../test/peers/folder.ts";
import { endpointAt, MOD_UNIFIED_PUSH, MOD_UNIFIED_PUSH_LINES } from "../test/peers/mod-unified-push.ts";
import { startProsody } from "../test/peers/prosody.ts";
import { startReveille } from "../test/peers/reveille.ts";
import type { XmppServer } from "../test/peers/xmpp-server.ts";
import { cpuOf, quantile } from "./measured-process.ts";
import type { Figure, Section } from "./rows.ts";

const COMPONENT = "push.example.org";
const PASSWORD = "secret";
const PHONES = 16;
/** Of each phone: one endpoint takes 20 pushes at once, and then one a second. */
const APPS = 50;
/** On their way at once. */
const WINDOW = 32;
const WARM_UP_MS = 1_000;
const MEASURED_MS = 6_000;
/** In turns, so that neither has the machine to itself while the other is slowed by something else. */
const TURNS = 2;
const BODY = crypto.getRandomValues(new Uint8Array(1_000));

/** What apps' servers send to. */
interface Target {
	urls: readonly string[];
	/** How many pushes the phones got since the last question. */
	taken(): number;
}

async function phonesAt(
	server: XmppServer,
	pushServer: string,
	at: (endpoint: Endpoint) => string,
): Promise<Target & { phones: Distributor[] }> {
	const phones: Distributor[] = [];
	const urls: string[] = [];
	for (let number = 0; number < PHONES; number++) {
		const { host: domain, websocketUrl: service } = server;
		const phone = createDistributor({
			service,
			domain,
			username: `user${number}`,
			password: PASSWORD,
			pushServer,
		});
		await phone.connect();
		phones.push(phone);
		for (let app = 0; app < APPS; app++) urls.push(at(await phone.register(`app-${app}`)));
	}
	let counted = 0;
	return {
		phones,
		// One after the other of all phones.
		urls: urls.map(
			(_, index) => urls[((index * APPS) % urls.length) + Math.floor((index * APPS) / urls.length)] ?? "",
		),
		taken() {
			const all = phones.reduce((sum, phone) => sum + phone.rest(), 0);
			const since = all - counted;
			counted = all;
			return since;
		},
	};
}

/** Posts over and over. @returns how long each took until it was answered, and what the phones got meanwhile */
async function load({ urls, taken }: Target, next: () => number, pid?: number) {
	const until = performance.now() + WARM_UP_MS + MEASURED_MS;
	const from = performance.now() + WARM_UP_MS;
	const times: number[] = [];
	const wrong = new Map<number, number>();
	async function sender() {
		while (performance.now() < until) {
			const number = next();
			const begun = performance.now();
			const answer = await fetch(urls[number % urls.length] ?? "", {
				method: "POST",
				body: BODY,
				headers: {
					TTL: "3600",
					// Senders are all over the world.
					"X-Forwarded-For": `2001:db8:${(number & 0xffff).toString(16)}::1`,
				},
			});
			await answer.arrayBuffer();
			if (answer.status !== 201) wrong.set(answer.status, (wrong.get(answer.status) ?? 0) + 1);
			else if (begun >= from) times.push(performance.now() - begun);
		}
	}
	taken();
	const sending = Promise.all(Array.from({ length: WINDOW }, sender));
	await Bun.sleep(WARM_UP_MS);
	taken();
	const before = pid === undefined ? 0 : cpuOf(pid);
	await Bun.sleep(MEASURED_MS);
	const cpu = pid === undefined ? 0 : cpuOf(pid) - before;
	// An answer of Reveille's says that a push is kept: what counts is what came to phones.
	const received = taken();
	await sending;
	// What is answered is on its way still.
	for (let before = -1, now = taken(); now !== before || now > 0; before = now, now = taken())
		await Bun.sleep(50);
	return { times, wrong, received, cpu };
}

/** Of all turns. */
interface Total {
	times: number[];
	/** Pushes that came to phones while it was measured. */
	received: number;
	/** µs. */
	cpu: number;
}

function figureOf({ times, received, cpu }: Total): Figure {
	const sorted = Float64Array.from(times).sort();
	return {
		rate: received / ((MEASURED_MS * TURNS) / 1000),
		p50: quantile(sorted, 0.5),
		p99: quantile(sorted, 0.99),
		...(cpu > 0 && { cpu: cpu / received }),
	};
}

export const unifiedPush: Section = {
	name: "unifiedpush",
	about: "pushes to UnifiedPush endpoints, against Prosody's own mod_unified_push on the same Prosody",
	async run(report) {
		const folder = temporaryFolder("bench-unifiedpush");
		const server = await startProsody({
			components: [{ domain: COMPONENT, secret: PASSWORD }],
			extraHosts: MOD_UNIFIED_PUSH_LINES,
		});
		const reveille = await startReveille(
			{
				settings: {
					DATA_DIR: join(folder.path, "data"),
					XMPP_SERVICE: server.componentUrl,
					XMPP_DOMAIN: COMPONENT,
					XMPP_PASSWORD: PASSWORD,
					UNIFIEDPUSH: "true",
					PUBLIC_URL: "https://push.example.org",
					LOG_LEVEL: "info",
				},
			},
			"ready",
		);
		try {
			await server.addUsers(
				Array.from({ length: PHONES }, (_, number) => `user${number}`),
				PASSWORD,
			);
			const behind = ({ url }: Endpoint) => reveille.url + new URL(url).pathname;
			const ours = await phonesAt(server, COMPONENT, behind);
			const theirs = await phonesAt(server, MOD_UNIFIED_PUSH, (endpoint) => endpointAt(endpoint, server));
			const none = (): Total => ({ times: [], received: 0, cpu: 0 });
			const of = { ours: none(), theirs: none() };
			const wrong = new Map<number, number>();
			let number = 0;
			const next = () => number++;
			for (let turn = 0; turn < TURNS; turn++) {
				const beside = await load(theirs, next);
				of.theirs.times.push(...beside.times);
				of.theirs.received += beside.received;
				const measured = await load(ours, next, reveille.pid());
				of.ours.cpu += measured.cpu;
				of.ours.times.push(...measured.times);
				of.ours.received += measured.received;
				for (const [status, count] of measured.wrong) wrong.set(status, (wrong.get(status) ?? 0) + count);
			}
			report({
				name: "UnifiedPush, phones online, bodies of 1,000 bytes",
				unit: "pushes",
				ours: figureOf(of.ours),
				floor: {
					...figureOf(of.theirs),
					name: "mod_unified_push on the same Prosody, which keeps nothing",
				},
				must: [{ what: "every push answered 201", isMet: wrong.size === 0 }],
				note: `${WINDOW} on their way at once; answered other than 201: ${JSON.stringify(Object.fromEntries(wrong))}`,
			});
			for (const { phones } of [ours, theirs]) for (const phone of phones) await phone.goOffline();
		} finally {
			await reveille.stop();
			await server.stop();
			folder.remove();
		}
	},
};
