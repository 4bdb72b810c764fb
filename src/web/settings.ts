/** What the page and its service worker must know of this Reveille: `/app/settings.json`. */
export interface WebAppSettings {
	version: string;
	/** The JID that commands and publishes go to; missing: XMPP is not set up. */
	address?: string;
	/** What browsers subscribe with, base64url; missing: Web Push is off. */
	vapidPublicKey?: string;
	/** Whether ntfy topics can be registered. */
	ntfy: boolean;
	/** WEB_APP_SERVERS: where the server of a domain is, for domains that do not say it themselves. */
	servers: Readonly<Record<string, string>>;
	/** WEB_APP_OPEN: what a tap on a notification opens, with `{jid}` and `{account}`. */
	open: string;
}
