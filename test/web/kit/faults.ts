import { Fault, type FaultReason } from "../../../src/web/kit/fault.ts";

/** Why something could not be done. @throws what is no `Fault`, and where it could be done */
export async function faultOf(promise: Promise<unknown>): Promise<FaultReason> {
	try {
		await promise;
	} catch (error) {
		if (error instanceof Fault) return error.reason;
		throw error;
	}
	throw new Error("it could be done");
}
