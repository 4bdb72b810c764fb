/** How a site with Strophe.js 5 logs in. */
import { Strophe } from "strophe.js";

export function connect(service: string, jid: string, password: string): Promise<object> {
	const connection = new Strophe.Connection(service);
	return new Promise((resolve, reject) => {
		connection.connect(jid, password, (status: number, why: string | null) => {
			if (status === Strophe.Status.CONNECTED) {
				// As clients do that receive messages.
				connection.send(new Strophe.Builder("presence"));
				resolve(connection);
			}
			if (status === Strophe.Status.AUTHFAIL || status === Strophe.Status.CONNFAIL)
				reject(new Error(String(why)));
		});
	});
}
