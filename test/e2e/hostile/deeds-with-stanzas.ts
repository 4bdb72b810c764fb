/** Stanzas that are long, or make ours long. */
import { command, type Deed, field, MEGABYTE, ping } from "./means.ts";
import { COMPONENT } from "./stranger.ts";

/** A `>` is four characters where it is written again: Prosody takes this from an account, and not four times it. */
const GROWING = ">".repeat(200_000);
/** As much as Prosody takes from an account (256 KiB), and from a server (512 KiB). */
const TAKEN = { account: 240_000, server: 500_000 };

async function fiveTimes(act: (index: number) => Promise<void>): Promise<void> {
	for (let index = 0; index < 5; index++) {
		await act(index);
		// Its answer has to fail by itself, on a stream of its own.
		await Bun.sleep(300);
	}
}

/**
 * Questions that come at once. ejabberd ends a session of which more stanzas than `max_ack_queue`, 5,000, are not
 * acknowledged, and sends all that waits for it before it looks at an acknowledgement: more at once end it whatever we
 * do.
 */
const AT_ONCE = { prosody: 30_000, ejabberd: 4_000 };

export const deedsWithStanzas: readonly Deed[] = [
	{
		what: "asks with ids of 200,000 characters, which are four times as long in an answer",
		do: ({ stranger, scene }) => fiveTimes(() => stranger.say(ping(scene.address, GROWING))),
	},
	{
		what: "runs a command whose error would repeat 200,000 characters of it",
		do({ stranger, scene }) {
			const values = field(GROWING, ...Array.from({ length: 65 }, (_, index) => `${index}`));
			return fiveTimes((index) =>
				stranger.say(command(scene.address, `growing-${index}`, "unregister-push", values)),
			);
		},
	},
	{
		what: "asks some thousand times at once, from a server of his own",
		async do({ stranger, scene, program }) {
			const asked = Array.from({ length: AT_ONCE[program] }, (_, index) => `at-once-${index}`);
			const from = ` from="${COMPONENT.domain}"`;
			await stranger.sayAsServer(
				asked.map((id) => ping(scene.address, id).replace("<iq", `<iq${from}`)).join(""),
			);
			await stranger.answered(asked.slice(-1));
		},
	},
	{
		what: "sends the longest messages that his server passes on: 17 MB at ejabberd, 2 MB at Prosody",
		async do({ stranger, scene, program }) {
			const message = (body: string, from = "") =>
				`<message${from && ` from="${from}"`} to="${scene.address}" type="chat"><body>${body}</body></message>`;
			for (let count = 0; count < 3; count++) {
				if (program === "ejabberd") await stranger.say(message("x".repeat(17 * MEGABYTE)));
				else {
					await stranger.say(message(">".repeat(TAKEN.account)));
					await stranger.sayAsServer(message(">".repeat(TAKEN.server), COMPONENT.domain));
				}
				// One a second: the load, not a wait.
				await Bun.sleep(1_000);
			}
		},
	},
	{
		what: "sends questions of half a million elements, or as many as his server passes on",
		do({ stranger, scene, program }) {
			const length = program === "ejabberd" ? 2 * MEGABYTE : TAKEN.account;
			const elements = "<a/>".repeat(length / "<a/>".length);
			return fiveTimes((index) =>
				stranger.say(
					`<iq type="set" to="${scene.address}" id="elements-${index}"><e xmlns="x">${elements}</e></iq>`,
				),
			);
		},
	},
];
