/** What is there of something of which any part may be missing. */

/** Names of fields that may be undefined or null. */
type Missing<Fields> = {
	[Name in keyof Fields]-?: null extends Fields[Name] ? Name : undefined extends Fields[Name] ? Name : never;
}[keyof Fields];

/** The same fields: each is what it was, or missing. */
type Present<Fields> = Omit<Fields, Missing<Fields>> & {
	[Name in Missing<Fields>]?: NonNullable<Fields[Name]>;
};

/**
 * Leaves out what is undefined or null.
 * @param without further names to leave out
 */
export function present<Fields extends object, Without extends keyof Fields = never>(
	fields: Fields,
	...without: Without[]
): Present<Omit<Fields, Without>> {
	// Not by entries, of which each is an array: this is done many times for each publish.
	const there: { [Name in keyof Fields]?: Fields[Name] } = {};
	for (const name in fields) {
		const value = fields[name];
		if (value !== undefined && value !== null && !without.includes(name as never)) there[name] = value;
	}
	return there as Present<Omit<Fields, Without>>;
}
