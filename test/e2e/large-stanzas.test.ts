/**
 * A stranger's message of 17 MB, through a server that lets it pass: it is passed over, the stream stays, and nobody
 * loses a push or a registration. (What is beyond the 128 MiB that Bun receives is in large-stanzas.long.ts.)
 */
import { testLargeStanza } from "./large-stanzas.ts";

testLargeStanza("ejabberd", "account");
