import { expect, test } from "bun:test";
import { malformedTemplate } from "../../src/syntax/open-template.ts";

test.each([
	"xmpp:{jid}",
	"xmpp:{jid}?message",
	"https://chat.example.net/",
	"https://chat.example.net/#/chat?jid={jid}&as={account}",
	"https://chat.example.net:8443/{account}/{jid}/{jid}",
])("%s is a template", (template) => expect(malformedTemplate(template)).toBeUndefined());

test.each([
	["http://chat.example.net/{jid}", "begin https:// or xmpp:"],
	["javascript:alert({jid})", "begin https:// or xmpp:"],
	["data:text/html,{jid}", "begin https:// or xmpp:"],
	["{jid}", "begin https:// or xmpp:"],
	["/app/{jid}", "begin https:// or xmpp:"],
	["https://{jid}/", "name a host of its own"],
	["https://chat.{jid}/", "name a host of its own"],
	["https://chat.example.net{jid}/", "name a host of its own"],
	["https://{jid}@chat.example.net/", "name a host of its own"],
	["https://user:word@chat.example.net/", "name a host of its own"],
	["https://chat.example.net/{name}", "no braces but {jid} and {account}"],
	["https://chat.example.net/{jid", "no braces"],
	["https://chat.example.net/a b", "no braces"],
])("%s is none", (template, said) => expect(malformedTemplate(template)).toContain(said));
