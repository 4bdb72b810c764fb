/**
 * The replies that a server got to its publishes. Nothing but its log tells, where push has to be spoken of in detail:
 * {@link TELLING}.
 */

import { openSync, readSync } from "node:fs";
import type { EjabberdOptions } from "../peers/ejabberd.ts";
import { PATIENCE_MS } from "../peers/patience.ts";
import type { ProsodyOptions } from "../peers/prosody.ts";
import type { ServerName } from "./scene.ts";

/** `result`, `timeout`, or an error's type and condition. */
export type Reply = "result" | "timeout" | `${"wait" | "cancel"} ${string}`;

export interface PublishReplies {
	/**
	 * Resolves to the next reply that the server took in for a node.
	 *
	 * @throws at the deadline
	 */
	next(node: string, timeoutMs?: number): Promise<Reply>;
}

/** Prosody's own mod_cloud_notify says nothing of results, and since Prosody 13 nothing of errors. */
const PUSH_REPLIES = `module:hook("cloud_notify/push", function (event)
	local id, node = event.notification_stanza.attr.id, event.push_info.node or "";
	local function tell(answer)
		local kind, condition = answer.stanza:get_error();
		local reply = answer.stanza.attr.type == "result" and "result" or kind .. " " .. condition;
		module:log("info", "Publish to <%s> was answered: %s", node, reply);
	end
	module:hook("iq-result/host/" .. id, tell, 1000);
	module:hook("iq-error/host/" .. id, tell, 1000);
end, -1000);
`;

/** How a server has to be started. */
export const TELLING: Readonly<Record<ServerName, EjabberdOptions & ProsodyOptions>> = {
	prosody: { ownModules: { push_replies: PUSH_REPLIES } },
	ejabberd: { extraConfig: "log_modules_fully: [mod_push]" },
};

interface Line {
	shape: RegExp;
	reply(groups: Record<string, string>): Reply;
}

/** The module above, and ejabberd's mod_push in its own words. */
const LINES: Readonly<Record<ServerName, readonly Line[]>> = {
	prosody: [
		{
			shape: /Publish to <(?<node>[^>]*)> was answered: (?<reply>.+)$/,
			reply: ({ reply }) => reply as Reply,
		},
	],
	// An error's text comes first, if it has one: `the text (the-condition)`.
	ejabberd: [
		{ shape: / accepted notification for \S+ \((?<node>[^)]+)\)/, reply: () => "result" },
		{
			shape:
				/ rejected notification for \S+ \((?<node>[^)]+)\) temporarily: (?:.* \()?(?<condition>[\w-]+)\)?$/,
			reply: ({ condition }) => `wait ${condition}`,
		},
		{
			shape:
				/ rejected notification for \S+ \((?<node>[^)]+)\), disabling push: (?:.* \()?(?<condition>[\w-]+)\)? \((?<type>\w+)\)$/,
			reply: ({ type, condition }) => `${type} ${condition}` as Reply,
		},
		{ shape: /Timeout sending notification for \S+ \((?<node>[^)]+)\)/, reply: () => "timeout" },
	],
};

/** Follows a server's log. */
export function followReplies(server: { program: ServerName; logPath: string }): PublishReplies {
	const log = openSync(server.logPath, "r");
	const decoder = new TextDecoder();
	const buffer = new Uint8Array(1 << 16);
	const came = new Map<string, Reply[]>();
	let unfinished = "";

	function read() {
		for (let size = readSync(log, buffer); size > 0; size = readSync(log, buffer)) {
			const lines = (unfinished + decoder.decode(buffer.subarray(0, size), { stream: true })).split("\n");
			unfinished = lines.pop() ?? "";
			for (const line of lines) take(line);
		}
	}

	function take(line: string) {
		for (const { shape, reply } of LINES[server.program]) {
			const groups = shape.exec(line)?.groups;
			if (!groups) continue;
			const { node = "" } = groups;
			came.set(node, [...(came.get(node) ?? []), reply(groups)]);
		}
	}

	return {
		async next(node, timeoutMs = PATIENCE_MS) {
			const deadline = Date.now() + timeoutMs;
			for (;;) {
				read();
				const reply = came.get(node)?.shift();
				if (reply) return reply;
				if (Date.now() > deadline) throw new Error(`no reply to a publish within ${timeoutMs} ms`);
				// A log does not call anybody.
				await Bun.sleep(5);
			}
		},
	};
}
