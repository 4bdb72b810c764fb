/** How a site with xmpp.js logs in. */
import { client, xml } from "@xmpp/client";

export async function connect(service: string, jid: string, password: string): Promise<object> {
	const [username = "", domain = ""] = jid.split("@");
	const connection = client({ service, domain, username, password });
	connection.on("error", () => {});
	await connection.start();
	// As clients do that receive messages.
	await connection.send(xml("presence"));
	return connection;
}
