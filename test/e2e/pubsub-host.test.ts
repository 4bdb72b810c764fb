import { testPubsubHost } from "./pubsub-host.ts";

testPubsubHost([
	{ home: "prosody", host: "ejabberd", transport: "account" },
	{ home: "ejabberd", host: "prosody", transport: "component" },
]);
