/**
 * Lines of configuration for the admin of an account's server: the servers' own language, so in no language of people.
 * They are added to the lists that the comments name: a second list of that name would replace the first.
 */

export interface Cure {
	server: "Prosody" | "ejabberd";
	lines: string;
}

/** XEP-0357, and XEP-0198: a phone that lost its network is told apart from one that is there. */
export const PUSH_CURES: readonly Cure[] = [
	{ server: "Prosody", lines: ["-- modules_enabled:", `"smacks";`, `"cloud_notify";`].join("\n") },
	{ server: "ejabberd", lines: ["# modules:", "  mod_stream_mgmt: {}", "  mod_push: {}"].join("\n") },
];

/** WebSocket (RFC 7395), and the word of where it is (XEP-0156). */
export const ADDRESS_CURES: readonly Cure[] = [
	{ server: "Prosody", lines: ["-- modules_enabled:", `"websocket";`, `"http_altconnect";`].join("\n") },
	{
		server: "ejabberd",
		lines: [
			"# request_handlers:",
			"      /ws: ejabberd_http_ws",
			"      /.well-known/host-meta: mod_host_meta",
			"      /.well-known/host-meta.json: mod_host_meta",
			"# modules:",
			"  mod_host_meta: {}",
		].join("\n"),
	},
];
