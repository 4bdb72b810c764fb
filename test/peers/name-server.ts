/** A name server (RFC 1035) on loopback that knows where the XMPP servers of some domains are, and nothing else. */
import { createSocket } from "node:dgram";
import { once } from "node:events";

const TYPE_SRV = 33;
const CLASS_IN = 1;
const NXDOMAIN = 3;
/** An answer (QR) with authority (AA), to a question that wished for recursion (RD) where there is some (RA). */
const ANSWER_FLAGS = 0x8580;
const HEADER_BYTES = 12;
/** A pointer to the question's name (§4.1.4), in place of writing it again. */
const SAME_NAME = 0xc000 | HEADER_BYTES;

export interface NameServer {
	/** UDP, on 127.0.0.1. */
	readonly port: number;
	close(): void;
}

/**
 * Answers SRV questions for `_xmpp-server._tcp.` before these domains (RFC 6120 §3.2.1); all else does not exist.
 *
 * @param port where, at `localhost`, the server of them all listens
 */
export async function startNameServer(domains: readonly string[], port: number): Promise<NameServer> {
	const known = new Set(domains.map((domain) => `_xmpp-server._tcp.${domain}`));
	const socket = createSocket("udp4");
	socket.on("message", (message, { port: from, address }) => {
		const { name, type, end } = question(message);
		const found = type === TYPE_SRV && known.has(name.toLowerCase());
		const header = Buffer.alloc(HEADER_BYTES);
		message.copy(header, 0, 0, 2);
		header.writeUInt16BE(found ? ANSWER_FLAGS : ANSWER_FLAGS | NXDOMAIN, 2);
		header.writeUInt16BE(1, 4);
		header.writeUInt16BE(found ? 1 : 0, 6);
		const parts = [header, message.subarray(HEADER_BYTES, end), ...(found ? [location(port)] : [])];
		socket.send(Buffer.concat(parts), from, address);
	});
	socket.bind(0, "127.0.0.1");
	await once(socket, "listening");
	return { port: socket.address().port, close: () => void socket.close() };
}

/** The first question of a message: §4.1.2. */
function question(message: Buffer): { name: string; type: number; end: number } {
	const labels: string[] = [];
	let at = HEADER_BYTES;
	for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
		labels.push(message.toString("latin1", at + 1, at + 1 + length));
		at += 1 + length;
	}
	return { name: labels.join("."), type: message.readUInt16BE(at + 1), end: at + 5 };
}

/** An SRV record (RFC 2782): priority and weight are 0, nothing of it may be remembered. */
function location(port: number): Buffer {
	const host = "localhost";
	const target = Buffer.from(`${String.fromCharCode(host.length)}${host}\0`, "latin1");
	const record = Buffer.alloc(18);
	record.writeUInt16BE(SAME_NAME, 0);
	record.writeUInt16BE(TYPE_SRV, 2);
	record.writeUInt16BE(CLASS_IN, 4);
	record.writeUInt16BE(6 + target.length, 10);
	record.writeUInt16BE(port, 16);
	return Buffer.concat([record, target]);
}
