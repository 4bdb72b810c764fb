/** What the log says of gates and of verdicts: it is what an operator hears when a push service is unwell. */
import type { Logger } from "@logtape/logtape";
import type { Fault } from "../delivery/gates/report.ts";

export interface GateMessages {
	/** @param isForAll false: only for devices that were never delivered to */
	onShut(gate: string, report: Fault, isForAll: boolean): void;
	onOpen(gate: string): void;
	/** Most of what a push service says of devices cannot be true. */
	onMass(gate: string): void;
}

export function gateMessages(log: Logger): GateMessages {
	return {
		onShut(gate, { kind, reason }, isForAll) {
			const said = { gate, reason };
			if (kind === "misconfigured")
				log.error("{gate}: its credentials do not work; its pushes wait in the outbox: {reason}", said);
			else if (isForAll) log.warn("{gate} is unwell; its pushes wait in the outbox: {reason}", said);
			else
				log.warn(
					"{gate} fails for devices that nothing was delivered to yet; their pushes wait in the outbox: {reason}",
					said,
				);
		},
		onOpen: (gate) => log.info("{gate} works again; its pushes go out.", { gate }),
		onMass: (gate) =>
			log.error(
				"{gate}: most devices are said to be gone or refused. That is more likely our fault (environment, topic, project, VAPID key): no registration is deleted until it is over.",
				{ gate },
			),
	};
}
