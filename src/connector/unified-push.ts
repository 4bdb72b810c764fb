/** What one component's clients ask of UnifiedPush: endpoints, and what waits for them. */
import type { UnifiedPushSending } from "../delivery/unified-push/sending.ts";
import {
	createUnifiedPushRegistrar,
	type UnifiedPushRegistrarDeps,
} from "../registering/unified-push-registrar.ts";
import { resourceOf } from "../xmpp/jid.ts";
import { stanzaError } from "../xmpp/stanza-errors.ts";
import type { StanzaDeps } from "../xmpp/stanzas.ts";
import { readRegister, refused, registered } from "../xmpp/unified-push.ts";

/** What a process has to serve UnifiedPush. */
export interface UnifiedPush {
	publicUrl: string;
	/** How long an endpoint lives that is not renewed, ms. */
	endpointLifeMs: number;
	sending: UnifiedPushSending;
}

/** What clients ask of UnifiedPush, done. @param onFault is told of what is our own failure */
export function serveUnifiedPush(
	{ sending, ...settings }: UnifiedPush,
	deps: Omit<UnifiedPushRegistrarDeps, "publicUrl" | "endpointLifeMs">,
	onFault: (error: unknown, from: string) => void,
): NonNullable<StanzaDeps["unifiedPush"]> {
	const register = createUnifiedPushRegistrar({ ...deps, ...settings });
	return {
		online: (jid) => void sending.presence(jid).catch(() => {}),
		async register(payload, from, to) {
			const instance = readRegister(payload);
			if (!instance || resourceOf(from) === undefined) return refused("bad-request", NO_INSTANCE);
			try {
				const result = await register({ jid: from, to, ...instance });
				if (result.kind === "refused") return refused(result.why, result.reason);
				// Who registers is there.
				void sending.online(from).catch(() => {});
				return registered(result.endpoint, result.expiresAt);
			} catch (error) {
				onFault(error, from);
				return stanzaError("wait", "internal-server-error", "This cannot be done now. Try again later.");
			}
		},
	};
}

const NO_INSTANCE =
	"Send application and instance, each the base64 of 32 bytes, from the full JID that gets the pushes.";
