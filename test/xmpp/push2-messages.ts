/** Messages of Push 2.0 as Prosody's mod_push2 sends them. */

export interface Push2Parts {
	client: string;
	priority?: string | undefined;
	voip?: boolean;
	/** Base64. */
	payload?: string | undefined;
	jwt?: { token: string; key: string } | undefined;
}

/** The `<notification/>` alone. */
export const push2Notification = ({ client, priority, voip, payload, jwt }: Push2Parts): string =>
	[
		`<notification xmlns="urn:xmpp:push2:0"><client>${client.replaceAll("&", "&amp;")}</client>`,
		priority === undefined ? "" : `<priority>${priority}</priority>`,
		voip ? "<voip/>" : "",
		payload === undefined
			? ""
			: `<encrypted xmlns="urn:xmpp:sce:rfc8291:0"><payload>${payload}</payload></encrypted>`,
		jwt === undefined ? "" : `<jwt key="${jwt.key}">${jwt.token}</jwt>`,
		"</notification>",
	].join("");

/** The whole message. @param attributes beside `from` and `to` */
export const push2Message = (parts: Push2Parts, attributes = "", from = "example.org"): string =>
	`<message from="${from}" to="push@example.net/push" id="p2"${attributes}>${push2Notification(parts)}</message>`;
