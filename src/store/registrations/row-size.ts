/** How large a registration may be in the database. */
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { bytesOf } from "../../limits/text-length.ts";
import { InvalidDevice } from "../../types.ts";

/** The bytes of all texts of a row, or of a part of one. */
export function rowBytes(row: object): number {
	let bytes = 0;
	for (const value of Object.values(row)) if (typeof value === "string") bytes += bytesOf(value);
	return bytes;
}

/**
 * Each text of a row has a bound of its own at its way in. This one also holds for texts that come to be added.
 * @throws {InvalidDevice} with a sentence for whoever registers
 */
export function requireSmall(row: object): void {
	if (rowBytes(row) <= registrationBounds.row.is) return;
	throw new InvalidDevice(
		`This registration has more than ${registrationBounds.row.is} bytes: shorten its names.`,
		"deviceName",
	);
}
