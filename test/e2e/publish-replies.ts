/**
 * What a server makes of the replies to its publishes. Nothing but its log tells, where push has to be spoken of in
 * detail: {@link TELLING}.
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

/** How a server has to be started. */
export const TELLING: Readonly<Record<ServerName, EjabberdOptions & ProsodyOptions>> = {
	prosody: { logLevel: "debug" },
	ejabberd: { extraConfig: "log_modules_fully: [mod_push]" },
};

interface Line {
	shape: RegExp;
	reply(groups: Record<string, string>): Reply;
}

/** mod_cloud_notify and mod_push, in their own words. */
const LINES: Readonly<Record<ServerName, readonly Line[]>> = {
	prosody: [
		{
			shape: /Got error <(?<type>\w+):(?<condition>[\w-]+):.*> for identifier '[^<]+<(?<node>[^']*)'/,
			reply: ({ type, condition }) => `${type} ${condition}` as Reply,
		},
		// Of those that end a row of errors only.
		{ shape: /Push succeeded, error count for identifier '[^<]+<(?<node>[^']*)'/, reply: () => "result" },
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
