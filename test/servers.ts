/**
 * `bun run test:servers`: the tests with real XMPP servers once more, against those of the next Debian, and what only
 * those can show (`*.servers.ts`). Ends with a line `N passed, N failed, N skipped`, and writes what it printed,
 * shortened, to `servers-output.txt`, which is committed. With files as arguments it runs these, and keeps nothing.
 */
import { forServers, withXmppServers } from "./files.ts";
import { ensureDebian13 } from "./peers/debian13.ts";
import { withServersIn } from "./peers/system.ts";
import { type Part, runParts } from "./report.ts";
import { needed, needPeers, TIMINGS, WORKERS } from "./suite.ts";

const { folder, versions } = await needed(ensureDebian13);
await needPeers(["firefox", "chromium"]);
const env = withServersIn(folder);

const asked = process.argv.slice(2);
const parts: Part[] =
	asked.length > 0
		? [{ name: asked.join(" "), files: asked, env }]
		: [
				{
					name: "what `bun run test` and `bun run test:long` try too",
					files: withXmppServers(),
					workers: WORKERS,
					timings: TIMINGS,
					env,
				},
				...forServers().map((file) => ({ name: file, files: [file], env })),
			];
const keep = asked.length > 0 ? undefined : "test/servers-output.txt";
const { failed, skipped } = await runParts(parts, keep, [`Debian 13: ${versions}`]);
process.exit(failed > 0 || skipped > 0 ? 1 : 0);
