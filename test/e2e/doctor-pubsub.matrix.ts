/** `reveille doctor` where a pubsub service takes the publishes in: of the server itself, and one that is none. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Reveille, startReveille } from "../peers/reveille.ts";
import type { XmppServer } from "../peers/xmpp-server.ts";
import { settingsOf, typed, WELL } from "./doctor.ts";
import { type ServerName, servers, startServer } from "./scene.ts";

describe.each<ServerName>([...servers])("a pubsub service of a real %s", (program) => {
	let server: XmppServer;
	let reveille: Reveille;
	const host = () => `pubsub.${server.host}`;
	beforeAll(async () => {
		server = await startServer(program, { pubsub: true });
		await server.addUsers(["push"], "secret");
		reveille = await startReveille({ server, settings: { ...WELL, XMPP_PUBSUB_HOST: host() } });
		await reveille.untilLogged("50 nodes are ready", 30_000);
	}, 90_000);
	afterAll(async () => {
		await reveille?.stop();
		await server?.stop();
	}, 60_000);

	test("is found well, and what was not tried is said", async () => {
		const settings = settingsOf(reveille, server, {
			XMPP_PUBSUB_HOST: host(),
			// One push service that is reached, also where there is no internet.
			UBUNTU_URL: reveille.url,
		});
		const said = await typed(["doctor"], settings);
		expect(said.lines("bad")).toEqual([]);
		expect(said.code).toBe(0);
		expect(said.lines("ok").join("\n")).toContain(`${host()} is a pubsub service, and answers.`);
		expect(said.lines("unknown").join("\n")).toContain("the way by the host was not tried");
		expect(said.ms).toBeLessThan(60_000);
	}, 90_000);

	test("that is not there, or is none, is named", async () => {
		const named = async (XMPP_PUBSUB_HOST: string) => {
			const said = await typed(["doctor", "--no-loop"], settingsOf(reveille, server, { XMPP_PUBSUB_HOST }));
			expect(said.code).toBe(1);
			return said.lines("bad").join("\n");
		};
		expect(await named(`nowhere.${server.host}`)).toMatch(/does not answer .* > correct XMPP_PUBSUB_HOST/);
		expect(await named(server.host)).toContain("is no pubsub service");
	}, 90_000);
});
