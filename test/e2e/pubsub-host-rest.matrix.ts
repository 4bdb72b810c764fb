import { testPubsubHost } from "./pubsub-host.ts";

testPubsubHost([
	{ home: "ejabberd", host: "prosody", transport: "account" },
	{ home: "prosody", host: "ejabberd", transport: "component" },
]);
