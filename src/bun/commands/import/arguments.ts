/** What `import` is asked to do. */
export interface ImportArguments {
	from: "prosody" | "csv";
	path: string;
	/** Of Prosody's hosts, the one whose registrations are meant. */
	host?: string;
	/** For their services, in place of the first app of each. */
	apps: readonly string[];
	dryRun: boolean;
}
