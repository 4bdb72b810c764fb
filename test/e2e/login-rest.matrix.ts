import { SCRAM, testLogin, testWholeProgram } from "./login.ts";

testLogin({ program: "prosody", passwords: "SHA-256", without: ["PLAIN"], offered: "SCRAM-SHA-256" });
testLogin({
	program: "ejabberd",
	passwords: "clear",
	without: [...SCRAM, "X-OAUTH2", "DIGEST-MD5"],
	offered: "PLAIN",
});
testLogin({
	program: "ejabberd",
	passwords: "SHA-1",
	without: ["PLAIN", "X-OAUTH2"],
	offered: "SCRAM-SHA-1",
});
testWholeProgram("ejabberd");
