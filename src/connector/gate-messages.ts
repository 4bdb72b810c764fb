/** What the log says of gates and of verdicts: it is what an operator hears when a push service is unwell. */
import type { Logger } from "@logtape/logtape";
import type { ShutFor } from "../delivery/gates/gate.ts";
import type { Fault } from "../delivery/gates/report.ts";
import { about } from "../messages/about.ts";

export interface GateMessages {
	onShut(gate: string, report: Fault, shutFor: ShutFor): void;
	onOpen(gate: string): void;
	/** Most of what a push service says of devices cannot be true. */
	onMass(gate: string): void;
}

export function gateMessages(log: Logger): GateMessages {
	return {
		onShut(gate, { kind, reason }, shutFor) {
			const said = { gate, reason };
			if (kind === "misconfigured")
				log.error(
					"{gate}: its credentials do not work, and its pushes wait in the outbox. Correct them. The reason: {reason}",
					about("credentials-refused", said),
				);
			else if (shutFor === "all")
				log.warn(
					"{gate} fails, and its pushes wait in the outbox. It is tried again by itself. The reason: {reason}",
					about("push-service-failing", said),
				);
			else
				log.warn(
					"{gate} fails for devices that no push was delivered to yet, and their pushes wait in the outbox. The reason: {reason}",
					about("push-service-failing-for-new-devices", said),
				);
		},
		onOpen: (gate) => log.info("{gate} works again; its pushes go out.", { gate }),
		onMass: (gate) =>
			log.error(
				"{gate}: the push service says that most devices are gone, or refuses them. Most likely a setting is wrong: check environment, topic, project and VAPID key. No registration is deleted until it is over.",
				about("mass-verdict", { gate }),
			),
	};
}
