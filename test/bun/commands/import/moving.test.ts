/** Moving over as an operator does it: by the command, with what the other app server left, while Reveille runs. */
import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import xml from "@xmpp/xml";
import { startServer } from "../../../e2e/scene.ts";
import { temporaryFolder } from "../../../peers/folder.ts";
import { startReveille } from "../../../peers/reveille.ts";
import { connectUser } from "../../../peers/user.ts";
import { startWebPushServer } from "../../../peers/web-push-server.ts";
import { command } from "./import-command.ts";
import { writeInternalStorage } from "./prosody-storage.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}, 60_000);

function folder() {
	const made = temporaryFolder("moving");
	cleanups.push(made.remove);
	return made.path;
}

const HOST = "push.example.org";
const NODE = "E0FF1D8C-EB96-4E10-A912-F68B03FD8D3E";
const SECRET = "384e51b4b2d5e4758e5dc342b22dea9217212f2c4886e2a3dcf16f3eb0eb3807";

describe("a device that was imported", () => {
	/** A real Prosody whose component Reveille is, at the address that mod_push_appserver had. */
	async function open() {
		const server = await startServer("prosody", { components: [{ domain: HOST, secret: "component" }] });
		cleanups.push(server.stop);
		await server.addUsers(["alice", "bob"], "secret");
		const reveille = await startReveille({
			settings: {
				XMPP_SERVICE: server.componentUrl,
				XMPP_DOMAIN: HOST,
				XMPP_PASSWORD: "component",
				PUSH_INTERVAL_MS: "0",
			},
		});
		cleanups.push(reveille.stop);
		await reveille.untilReady();
		const endpoint = startWebPushServer();
		cleanups.push(endpoint.stop);
		const applicationServerKey = await reveille.vapidPublicKey();
		const token = endpoint.createSubscription({ applicationServerKey }).subscription.endpoint;

		const login = (username: string) =>
			connectUser({ service: server.websocketUrl, domain: server.host, username, password: "secret" });
		return {
			token,
			login,
			/** Imports what mod_push_appserver stored of the device. @returns the summary */
			async import() {
				const registered = new Date(Date.now() - 86_400_000).toISOString().replace(/\.\d+/, "");
				const data = { type: "webpush", node: NODE, token, secret: SECRET, registered };
				const path = folder();
				writeInternalStorage(path, [{ host: HOST, node: NODE, data }]);
				const settings = { DATA_DIR: reveille.dataFolder, WEBPUSH_ALLOW_PRIVATE: "true" };
				const { output, code } = await command(["prosody", path], settings);
				expect(code).toBe(0);
				return output;
			},
			/** Posts to the form API. @returns the lines of the answer */
			async form(name: string, fields: Record<string, string>) {
				const body = new URLSearchParams(fields);
				const answer = await fetch(`${reveille.url}/push_appserver/v1/${name}`, { method: "POST", body });
				return (await answer.text()).split("\n");
			},
			/** Publishes as the user's server does. @returns `result`, or the condition of the error */
			async publish(secret: string) {
				const bob = await login("bob");
				const field = (name: string, value: string) => xml("field", { var: name }, xml("value", {}, value));
				const options = "http://jabber.org/protocol/pubsub#publish-options";
				const form = xml("x", { xmlns: "jabber:x:data", type: "submit" });
				form.append(field("FORM_TYPE", options), field("secret", secret));
				const item = xml("item", {}, xml("notification", { xmlns: "urn:xmpp:push:0" }));
				const said = await bob
					.iq(
						"set",
						xml(
							"pubsub",
							{ xmlns: "http://jabber.org/protocol/pubsub" },
							xml("publish", { node: NODE }, item),
							xml("publish-options", {}, form),
						),
						HOST,
					)
					.then(
						() => "result",
						(error: { condition: string }) => error.condition,
					);
				await bob.goOffline();
				return said;
			},
			/** Enables push at the user's server as the app did, lets it sleep, and has it written to. */
			async wake(secret: string, body: string) {
				const bob = await login("bob");
				await bob.online();
				await bob.enablePush({ jid: HOST, node: NODE, secret });
				await bob.goOffline();
				endpoint.clear();
				const alice = await login("alice");
				await alice.sendMessage(bob.bareJid, body);
				await endpoint.waitForPush((push) => push.endpoint === token);
				await alice.goOffline();
			},
		};
	}

	type Moved = Awaited<ReturnType<typeof open>>;
	/** How it renews: node and secret of the answer. */
	const ways: [string, (moved: Moved) => Promise<(string | undefined)[]>][] = [
		[
			"over HTTP",
			async ({ form, token }) => (await form("register", { type: "webpush", node: NODE, token })).slice(1),
		],
		[
			"by v1-register-push",
			async ({ login, token }) => {
				const bob = await login("bob");
				const fields = Object.entries({ type: "webpush", node: NODE, token }).map(([name, value]) =>
					xml("field", { var: name }, xml("value", {}, value)),
				);
				const answer = await bob.iq(
					"set",
					xml(
						"command",
						{ xmlns: "http://jabber.org/protocol/commands", node: "v1-register-push", action: "execute" },
						xml("x", { xmlns: "jabber:x:data", type: "submit" }, ...fields),
					),
					HOST,
				);
				await bob.goOffline();
				const form = answer.getChild("command")?.getChild("x");
				const fieldOf = (name: string) =>
					form?.getChildByAttr("var", name)?.getChildText("value") ?? undefined;
				return ["node", "secret"].map(fieldOf);
			},
		],
	];

	test.each(ways)(
		"is woken with its old secret; when it renews %s it keeps its node, and the old secret ends",
		async (_, renew) => {
			const moved = await open();
			const { publish, wake } = moved;
			const unknown = "item-not-found";
			expect(await publish(SECRET)).toBe(unknown);
			expect(await moved.import()).toContain("Imported 1, updated 0, unchanged 0, skipped 0.");
			// For a second Reveille believes what it has just seen: that there are no former secrets.
			const deadline = Date.now() + 10_000;
			while ((await publish(SECRET)) !== "result") {
				if (Date.now() > deadline) throw new Error("the import was not seen");
				await Bun.sleep(100);
			}
			await wake(SECRET, "Art thou not Romeo?");

			const [node, derived = ""] = await renew(moved);
			expect(node).toBe(NODE);
			expect(derived).not.toBe(SECRET);
			expect(await publish(SECRET)).toBe("result");

			await wake(derived, "And a Montague?");
			expect(await publish(SECRET)).toBe(unknown);

			// Once more, as docs/migrating.md says to: it brings nothing back.
			expect(await moved.import()).toContain("Imported 0, updated 0, unchanged 1, skipped 0.");
			expect(await publish(SECRET)).toBe(unknown);
			expect(await publish(derived)).toBe("result");
		},
		60_000,
	);
});

describe("the command", () => {
	test("says how it is used", async () => {
		const { output, code } = await command(["--help"], {});
		expect(output).toContain(`npx --yes bun@${Bun.version} run start import prosody [--host HOST]`);
		expect(output).toContain("import csv");
		expect(code).toBe(0);
	});

	test.each([
		[["prosody"], "PATH is missing."],
		[["prosody", "x", "--hots", "y"], "There is no option --hots. Did you mean --host?"],
		[["csv", "x", "--host", "y"], "There is no option --host."],
		[["csv", "x", "y"], '"y" is one word too many.'],
	])("%j is refused, with what to do", async (args, problem) => {
		const { errors, code } = await command(args, { DATA_DIR: join(folder(), "data") });
		expect(errors).toStartWith(problem);
		expect(errors).toEndWith("With --help it says how it is typed. [command-arguments]\n");
		expect(code).toBe(2);
	});

	test("another app server than those is refused", async () => {
		const { errors, code } = await command(["ejabberd", "x"], { DATA_DIR: join(folder(), "data") });
		expect(errors).toStartWith("There is no command ejabberd. --help lists them.");
		expect(code).toBe(2);
	});

	test("ends with an error where nothing could be read", async () => {
		const { errors, code } = await command(["prosody", folder()], { DATA_DIR: join(folder(), "data") });
		expect(errors).toStartWith("Nothing was found: mod_push_appserver stored nothing in");
		expect(code).toBe(1);
	});
});
