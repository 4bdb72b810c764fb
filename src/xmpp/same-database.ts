/**
 * Which database a Reveille serves, as it tells sessions of its own account or domain: two on one database may have
 * one address in turn, two on different ones must not. The element is `<same xmlns='urn:reveille:0'>value</same>`.
 *
 * The value says nothing to who has not both the secret and the database's id. It is still told to nobody else:
 * whoever sends or answers one checks first that the other side is its own account or domain.
 */
import type { Element } from "@xmpp/xml";
import xml from "@xmpp/xml";
import * as base64url from "jose/base64url";
import { stanzaBounds } from "../limits/bounds/stanzas.ts";
import { NS } from "./namespaces.ts";

const LONGEST = stanzaBounds.sameValue.is;

/**
 * HMAC-SHA-256 of the database's id, in base64url (43 characters).
 * @param secret the account's password, or the component's secret
 * @param databaseId the id that is kept in the database (store/database-id.ts)
 */
export async function sameValue(secret: string, databaseId: string): Promise<string> {
	const utf8 = (text: string) => new TextEncoder().encode(text);
	const algorithm = { name: "HMAC", hash: "SHA-256" };
	const key = await crypto.subtle.importKey("raw", utf8(secret), algorithm, false, ["sign"]);
	return base64url.encode(new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(databaseId))));
}

/** The element, as it is asked and answered. @param value of `sameValue` */
export const sameElement = (value: string): Element => xml("same", { xmlns: NS.reveille }, value);

/**
 * The value in an element's child `<same/>`, cut to what is read of it.
 * @param stanza an IQ that asks or answers
 * @returns undefined: there is no such child
 */
export function readSame(stanza: Element): string | undefined {
	const same = stanza.getChild("same", NS.reveille);
	return same && valueIn(same);
}

/** The value in the element itself, cut to what is read of it. */
export const valueIn = (same: Element): string => same.text().trim().slice(0, LONGEST);
