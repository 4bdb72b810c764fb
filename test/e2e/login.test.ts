/** Each mechanism once. */
import { SCRAM, testLogin, testWholeProgram } from "./login.ts";

testLogin({ program: "prosody", passwords: "clear", without: SCRAM, offered: "PLAIN" });
testLogin({ program: "prosody", passwords: "SHA-1", without: ["PLAIN"], offered: "SCRAM-SHA-1" });
testLogin({
	program: "ejabberd",
	passwords: "SHA-256",
	without: ["PLAIN", "X-OAUTH2"],
	offered: "SCRAM-SHA-256",
});
testLogin({
	program: "ejabberd",
	passwords: "SHA-512",
	without: ["PLAIN", "X-OAUTH2"],
	offered: "SCRAM-SHA-512",
});
testWholeProgram("prosody");
