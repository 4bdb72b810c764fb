/** The URLs of UnifiedPush endpoints: whoever knows one may send to it, and nobody can guess it. */
import type { Keyring } from "../secrets.ts";
import { splitOpenNode } from "../secrets.ts";

/** Where they are, below PUBLIC_URL. */
export const ENDPOINTS = "/up";

/** @throws {UnknownKey} */
export async function endpointOf(
	publicUrl: string,
	node: string,
	keyring: Pick<Keyring, "endpointSecretOf">,
): Promise<string> {
	return `${publicUrl.replace(/\/+$/, "")}${ENDPOINTS}/${node}.${await keyring.endpointSecretOf(node)}`;
}

/**
 * @param token the last part of the path
 * @returns the node; `unknown`: no endpoint was ever called so. `key-missing`: it was made with a key that was taken away
 */
export async function nodeOfEndpoint(
	token: string,
	keyring: Pick<Keyring, "verifyEndpoint">,
): Promise<{ kind: "node"; node: string } | { kind: "unknown" } | { kind: "key-missing" }> {
	const { node = "", secret = "" } = splitOpenNode(token) ?? {};
	const check = await keyring.verifyEndpoint(node, secret);
	if (check === "ok") return { kind: "node", node };
	return { kind: check === "wrong" ? "unknown" : "key-missing" };
}
