import { expect, test } from "bun:test";
import { isSecureOrigin } from "../../src/syntax/secure-origin.ts";

test.each([
	"https://push.example.net",
	"https://192.0.2.1:8443/app/",
	"http://localhost:5357",
	"http://reveille.localhost",
	"http://127.0.0.1:5357",
	"http://127.1.2.3",
	"http://[::1]:5357",
])("browsers trust a page at %s", (url) => expect(isSecureOrigin(url)).toBe(true));

test.each([
	"http://push.example.net",
	"http://192.168.1.2:5357",
	"http://0.0.0.0:5357",
	"http://localhost.example.net",
	"http://127.0.0.1.example.net",
	"http://[::2]",
	"http://.localhost.example",
])("browsers do not trust a page at %s", (url) => expect(isSecureOrigin(url)).toBe(false));
