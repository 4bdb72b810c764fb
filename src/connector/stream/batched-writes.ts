/** One write for all that is sent in a turn of the event loop: each costs more than what is in it. */
import type { Socket } from "node:net";
import type { Element } from "@xmpp/xml";
import { textOf } from "../../syntax/element-text.ts";

export interface BatchedWrites {
	/** Goes out at the end of this turn. Without a connection it is lost: there is nobody to send it again. */
	send(element: Element): void;
	/** Writes now what waits. */
	flush(): void;
}

export function createBatchedWrites(socket: Socket): BatchedWrites {
	let unsent = "";

	function flush() {
		if (unsent !== "" && !socket.destroyed) socket.write(unsent);
		unsent = "";
	}

	return {
		send(element) {
			if (unsent === "") setImmediate(flush);
			unsent += textOf(element);
		},
		flush,
	};
}
