/** Something that a button does: whether it runs, and how it went. */
import { useState } from "preact/hooks";
import { faultOf, type PageFault } from "../page-fault.ts";

export interface Action {
	busy: boolean;
	fault: PageFault | undefined;
	/** Runs one at a time; what is thrown becomes the fault. */
	run(act: () => Promise<void>): Promise<void>;
}

export function useAction(): Action {
	const [state, setState] = useState<{ busy: boolean; fault?: PageFault }>({ busy: false });
	return {
		busy: state.busy,
		fault: state.fault,
		async run(act) {
			if (state.busy) return;
			setState({ busy: true });
			try {
				await act();
				setState({ busy: false });
			} catch (error) {
				setState({ busy: false, fault: faultOf(error) });
			}
		},
	};
}
