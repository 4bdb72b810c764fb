/** The URLs of UnifiedPush endpoints, and of the receipts for what was sent there. */

/** Where they are, below PUBLIC_URL. */
export const ENDPOINTS = "/up";

/** What says to apps that a URL is a UnifiedPush endpoint: a GET of any of them. */
export const DISCOVERY = { unifiedpush: { version: 1 } } as const;

const below = (publicUrl: string, path: string) => `${publicUrl}${ENDPOINTS}/${path}`;

/** @param token the node and its endpoint secret, with a dot between */
export const endpointUrl = (publicUrl: string, token: string): string => below(publicUrl, token);

/** Names a push, and is nowhere. */
export const receiptUrl = (publicUrl: string, receipt: string): string =>
	below(publicUrl, `receipts/${receipt}`);
