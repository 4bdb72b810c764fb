/** What is there of something of which any part may be missing. */

/**
 * Leaves out what is undefined or null.
 * @param without further names to leave out
 */
export function present<Fields extends object>(
	fields: Fields,
	...without: (keyof Fields)[]
): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
	// Not by entries, of which each is an array: this is done many times for each publish.
	const there: { [Name in keyof Fields]?: NonNullable<Fields[Name]> } = {};
	for (const name in fields) {
		const value = fields[name];
		if (value !== undefined && value !== null && !without.includes(name)) there[name] = value;
	}
	return there;
}
