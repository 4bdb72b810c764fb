/** What the push services are given to work with: nothing in them reaches outside by itself. */
import type { HiddenName } from "./collapse-key.ts";
import type { EndpointPolicy } from "./endpoint.ts";
import type { Fetch } from "./exchange.ts";
import type { MessageCipher } from "./webpush/message-encryption.ts";
import type { VapidKey } from "./webpush/vapid-signature.ts";
import type { ChannelPolicy } from "./wns/channel.ts";

export interface ServiceEffects {
	/** For URLs that clients hand in: must check addresses. */
	guardedFetch: Fetch;
	/** For providers that the operator named. */
	fetch: Fetch;
	/** For APNs: speaks HTTP/2, showing a client certificate (PEM) if there is one. */
	http2Fetch(certificate?: { cert: string; key: string }): Fetch;
	now: () => number;
	policy: EndpointPolicy;
	/** Where channels may point; nowhere private, if not given. */
	wns?: ChannelPolicy;
	vapid: { key?: VapidKey | undefined; subject?: string | undefined };
	/** For messages of Web Push; WebCrypto's if not given. */
	messageCipher?: MessageCipher;
	/** WebCrypto's if not given. */
	hiddenName?: HiddenName;
}
