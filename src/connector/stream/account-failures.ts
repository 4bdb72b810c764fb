/** What it means, for an account, that its stream or its WebSocket ended. */
import type { XmppAccount } from "../../config/connections.ts";
import { saidBy } from "../../sasl/server-words.ts";
import { explainStreamError, StreamFailure } from "./stream.ts";

/** @param error what xmpp.js or the server said: a stream error, or any other */
export function explain(error: unknown, account: XmppAccount): StreamFailure {
	if (error instanceof StreamFailure) return error;
	const { condition, text, message = String(error) } = error as Parameters<typeof explainStreamError>[0];
	const [its, words] = [condition, text].map((said) => said && saidBy(said, account));
	return explainStreamError(
		{ ...(its && { condition: its }), ...(words && { text: words }), message },
		account,
	);
}

/** Nobody can take an address from us that we do not have yet; and whoever says so has not shown who it is. */
export function beforeLogin(failure: StreamFailure): StreamFailure {
	if (failure.kind !== "address-taken") return failure;
	return new StreamFailure(
		"other",
		`The server closed the stream before the login: conflict (${failure.message}).`,
	);
}

/** WebSocket's ways to say that a message of ours was not taken (RFC 6455 §7.4.1). */
const BLAMES_US: readonly number[] = [1002, 1003, 1007, 1008, 1009];

/** @param code the WebSocket's, of its end */
export function lost(code: number | undefined): StreamFailure {
	return new StreamFailure("other", "The connection was lost.", {
		isStreamError: BLAMES_US.includes(code ?? 0),
	});
}

/** Bun's own code where a message is longer than the 128 MiB that it receives. */
const TOO_BIG = "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";

/** @param error the WebSocket's */
export function explainError(error: unknown, account: XmppAccount): StreamFailure {
	if ((error as { code?: string }).code !== TOO_BIG) return explain(error, account);
	return new StreamFailure("too-big", "A message of more than 128 MiB came, which cannot be received.");
}
