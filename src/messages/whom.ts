/**
 * What the log calls people and registrations (invariant 10): enough to tell one's own apart and to follow one through
 * the log, too little to know who it is or to publish with.
 */

/** What an owner is called. @param owner a bare JID; empty: it registered over HTTP, where nobody vouches for a JID */
export type OwnerForm = (owner: string) => string;

const NOBODY = "somebody over HTTP";
const HASH_CHARACTERS = 6;
/** Nodes of one key have the first five in common: what begins so is listed, where it is several. */
const NODE_CHARACTERS = 8;

const domainOf = (bareJid: string) => bareJid.slice(bareJid.indexOf("@") + 1);

/**
 * The domain and the beginning of a hash, with a mark between them that no JID has there: `example.net#k3Jd9a`.
 * @param hash `Keyring.conceal` of the owner, so that it is the same in all processes of a SECRET_KEY
 */
export const shortOwner = (owner: string, hash: string): string =>
	owner === "" ? NOBODY : `${domainOf(owner)}#${hash.slice(0, HASH_CHARACTERS)}`;

/** The domain alone. */
export const domainAlone: OwnerForm = (owner) => (owner === "" ? NOBODY : domainOf(owner));

/**
 * @param names `LOG_OWNERS`
 * @param conceal `Keyring.conceal`, on the spot
 */
export const ownerFormOf = (names: "short" | "whole", conceal: (owner: string) => string): OwnerForm =>
	names === "whole" ? (owner) => owner || NOBODY : (owner) => shortOwner(owner, conceal(owner));

/** The beginning of a node. */
export const nodeForm = (node: string): string => node.slice(0, NODE_CHARACTERS);
