/** Something that a button does at Reveille. */
import { useState } from "preact/hooks";
import { type ConsoleFault, faultOf } from "./console-fault.ts";

export interface Action {
	isBusy: boolean;
	/** Why it was not done the last time. */
	fault: ConsoleFault | undefined;
	/** Does it, unless it is being done. @returns whether it was done */
	run(act: () => Promise<void>): Promise<boolean>;
	/** Forgets the fault. */
	clear(): void;
}

export function useAction(): Action {
	const [isBusy, setBusy] = useState(false);
	const [fault, setFault] = useState<ConsoleFault>();
	return {
		isBusy,
		fault,
		async run(act) {
			if (isBusy) return false;
			setBusy(true);
			setFault(undefined);
			try {
				await act();
				return true;
			} catch (error) {
				setFault(faultOf(error));
				return false;
			} finally {
				setBusy(false);
			}
		},
		clear: () => setFault(undefined),
	};
}
