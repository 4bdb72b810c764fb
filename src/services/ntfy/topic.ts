/** The guard of topics that clients hand in: where a message may go, and where our access token does. */
import { InvalidDevice } from "../../types.ts";
import { type EndpointPolicy, isProvider, parseEndpoint } from "../endpoint.ts";

/** Where a message goes. */
export interface Topic {
	/** Of its server, whose root takes messages. */
	origin: string;
	name: string;
	/** It is at the server that the operator named, which alone gets the access token. */
	isOurs: boolean;
	/** Its one spelling, to be stored and compared. */
	url: URL;
}

/** As ntfy has it: letters, digits, `_` and `-`. */
const NAME = /^[-\w]{1,64}$/;

/**
 * Reads a topic's URL, or a topic's name alone where the operator named a server.
 * @param server the origin of that server
 * @param policy where topics at other servers may be; asked at registration and again at each send
 * @throws {InvalidDevice} with a sentence for whoever handed it in
 */
export function parseTopic(text: string, server: string | undefined, policy: EndpointPolicy): Topic {
	const given = server !== undefined && NAME.test(text) ? URL.parse(text, server) : URL.parse(text);
	const isOurs = given !== null && given.origin === server;
	const url = isOurs ? given : parseEndpoint(text, policy);
	const name = url.pathname.slice(1);
	// No user, query or anything else: there it is another name, or none.
	if (!NAME.test(name) || url.href !== `${url.origin}/${name}`)
		throw new InvalidDevice(
			"The token must be the URL of an ntfy topic: its server and one name of up to 64 letters, digits, - or _, as in https://ntfy.example/my-topic.",
		);
	if (!isOurs && isProvider(url))
		throw new InvalidDevice("The token is at a browser's push service, which has no ntfy topics.");
	return { origin: url.origin, name, isOurs, url };
}
