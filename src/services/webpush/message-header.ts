/** The beginning of an encrypted message (RFC 8188 §2.1, RFC 8291 §4), as far as it can be read without its key. */

/** Salt, record size, length of the key id. */
const FIXED = 21;
/** An uncompressed P-256 point. */
const KEY_ID = 65;
/** A record of nothing: its delimiter and its tag. */
const LEAST_RECORD = 17;

/** The shortest message there can be, bytes. */
export const SHORTEST_MESSAGE = FIXED + KEY_ID + LEAST_RECORD;

/** Whether it begins as a message of Web Push does, and has one record: RFC 8291 §4 allows no more. */
export function isWebPushMessage(message: Uint8Array<ArrayBuffer>): boolean {
	if (message.length < SHORTEST_MESSAGE) return false;
	const recordSize = new DataView(message.buffer, message.byteOffset).getUint32(16);
	const records = message.length - FIXED - KEY_ID;
	return message[20] === KEY_ID && message[21] === 4 && recordSize >= 18 && records <= recordSize;
}
