/** HTTP/2 by hand (RFC 9113), as little as a push service that is sick needs. */

export const FRAME = {
	data: 0,
	headers: 1,
	rstStream: 3,
	settings: 4,
	ping: 6,
	goaway: 7,
	windowUpdate: 8,
	continuation: 9,
	/** Flags. */
	ack: 1,
	endStream: 1,
	endHeaders: 4,
} as const;

const HEADER_BYTES = 9;
/** What a client begins with (§3.4). */
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

export function frame(
	type: number,
	flags: number,
	stream: number,
	payload: Buffer = Buffer.alloc(0),
): Buffer {
	const header = Buffer.alloc(HEADER_BYTES);
	header.writeUIntBE(payload.length, 0, 3);
	header.writeUInt8(type, 3);
	header.writeUInt8(flags, 4);
	header.writeUInt32BE(stream, 5);
	return Buffer.concat([header, payload]);
}

/** Nothing in particular. */
export const SETTINGS = frame(FRAME.settings, 0, 0);

/** RFC 7541 §6.1: `:status: 200` is the eighth of the static table. */
export const HEADERS_200 = Buffer.from([0x88]);

/** RFC 7541 §6.2.2: a status that is in no table. */
export const headersOf = (status: string) =>
	Buffer.concat([Buffer.from([0x08, status.length]), Buffer.from(status)]);

/** RFC 7541 §6.2.2: a field of its own, whose value is at most 126 bytes long. */
export const field = (name: string, value: string) =>
	Buffer.concat([
		...[Buffer.from([0x00, name.length]), Buffer.from(name)],
		...[Buffer.from([value.length]), Buffer.from(value)],
	]);

export interface Frame {
	type: number;
	flags: number;
	stream: number;
}

/** @returns takes what a client sends, its preface first */
export function createFrameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
	let pending = Buffer.alloc(0);
	let isGreeted = false;
	return (chunk) => {
		pending = Buffer.concat([pending, chunk]);
		if (!isGreeted) {
			if (pending.length < PREFACE.length) return;
			isGreeted = true;
			pending = pending.subarray(PREFACE.length);
		}
		while (pending.length >= HEADER_BYTES) {
			const length = HEADER_BYTES + pending.readUIntBE(0, 3);
			if (pending.length < length) return;
			const [type, flags] = [pending.readUInt8(3), pending.readUInt8(4)];
			onFrame({ type, flags, stream: pending.readUInt32BE(5) & 0x7fffffff });
			pending = pending.subarray(length);
		}
	};
}
