/** The table of matrix-replies.test.ts: every reply that a publish can get, and how it comes to that. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { xml } from "@xmpp/client";
import type { SmallDisk } from "../peers/small-disk.ts";
import type { PushAddress, User } from "../peers/user.ts";
import { ENDED, LATER, TAKEN, TOO_MANY } from "../services/webpush/answer-rows.ts";
import type { Reply } from "./publish-replies.ts";
import type { Scene, ServerName, Sleeper, Transport } from "./scene.ts";

export type Address = Required<PushAddress>;

export interface Place {
	scene: Scene;
	/** Of the one Reveille. */
	disk: SmallDisk;
	sleeper: Sleeper;
	/** Another user of that server. */
	alice: User;
}

export interface Row {
	why: string;
	/** `none`: the server waits for one. By server where it is the server's own. */
	reply: Reply | "none" | Record<ServerName, Reply>;
	/** How often the push service was asked meanwhile, where that matters. */
	asked?: number;
	/** Where it can be. Default: everywhere. */
	only?: ServerName | Transport;
	/** Where the app has its server publish. Default: where it was told to. */
	enables?(told: Address): Address;
	/** Makes it so. @returns how it is put right again */
	cause?(place: Place): Undo | Promise<Undo>;
}

// biome-ignore lint/suspicious/noConfusingVoidType: a cause that cannot be undone returns nothing
type Undo = (() => unknown) | void;

export const WRONG_SECRET = "A".repeat(43);

/** A process ends at once; that its connection did, the server sees a moment later. */
async function untilNoticed({ alice, scene }: Place) {
	for (;;) {
		const ping = alice.iq("get", xml("ping", { xmlns: "urn:xmpp:ping" }), scene.address, 200);
		const error = await ping.catch((thrown: object) => thrown);
		// Unlike no answer in time, the server's own answer has one.
		if ("condition" in error) return;
	}
}

const refuseForNow = ({ scene, sleeper }: Place) =>
	scene.endpoint.respondWith({ ...TOO_MANY, endpoint: sleeper.device.subscription.endpoint });

export const rows: Row[] = [
	{ why: "delivered", reply: TAKEN.means.stanza, asked: 1 },
	{ why: "queued: the push service wants it later", reply: LATER.means.stanza, cause: refuseForNow },
	{
		why: "the database is away",
		reply: "wait internal-server-error",
		asked: 0,
		cause({ disk }) {
			const database = new Database(join(disk.path, "data", "reveille.db"));
			database.run("ALTER TABLE registrations RENAME TO away");
			return () => {
				database.run("ALTER TABLE away RENAME TO registrations");
				database.close();
			};
		},
	},
	{
		why: "to be queued, and the disk is full",
		reply: "wait internal-server-error",
		cause(place) {
			const normally = refuseForNow(place);
			place.disk.fillUp();
			return () => {
				place.disk.makeRoom();
				normally();
			};
		},
	},
	{
		why: "malformed: push was enabled without a node",
		reply: "wait bad-request",
		asked: 0,
		only: "prosody",
		enables: (told) => ({ ...told, node: "" }),
	},
	{
		why: "the device is gone",
		reply: ENDED.means.stanza,
		asked: 1,
		cause: ({ scene, sleeper }) => scene.endpoint.unsubscribe(sleeper.device.subscription.endpoint),
	},
	{
		why: "an unknown node",
		reply: "cancel item-not-found",
		asked: 0,
		enables: (told) => ({ ...told, node: `nobody-knows-${told.node}` }),
	},
	{
		why: "a wrong secret",
		reply: "cancel item-not-found",
		asked: 0,
		enables: (told) => ({ ...told, secret: WRONG_SECRET }),
	},
	{
		why: "Reveille was stopped (SIGSTOP)",
		reply: "none",
		cause({ scene }) {
			process.kill(scene.reveille.pid(), "SIGSTOP");
			return () => process.kill(scene.reveille.pid(), "SIGCONT");
		},
	},
	{
		why: "Reveille was killed (SIGKILL), and its session waits for it",
		reply: "none",
		only: "account",
		async cause({ scene }) {
			await scene.reveille.kill9();
			return () => scene.reveille.start();
		},
	},
	{
		why: "Reveille is away, and its session ended: the server says so itself",
		reply: "cancel service-unavailable",
		only: "account",
		async cause(place) {
			const { scene } = place;
			await scene.reveille.kill9();
			// Who takes the address and leaves properly ends what waits there.
			await (await scene.login("push", "push")).goOffline();
			await untilNoticed(place);
			return () => scene.reveille.start();
		},
	},
	{
		why: "Reveille is away: the server says so itself",
		reply: { prosody: "wait remote-server-timeout", ejabberd: "cancel remote-server-not-found" },
		only: "component",
		async cause(place) {
			const { scene } = place;
			await scene.reveille.kill9();
			await untilNoticed(place);
			return () => scene.reveille.start();
		},
	},
];
