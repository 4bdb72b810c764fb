/** The logins that are open, one for each account at the most, and the list of devices that each gives. */

import type { Clock } from "../../clock.ts";
import type { Session } from "../../kit/kit.ts";
import type { AccountList, Knowledge } from "./known.ts";

export interface Logins {
	/** The open login of an account. */
	of(account: string): Session | undefined;
	/** Takes a login over, in place of a former one, and lists. @throws {Fault} */
	take(session: Session): Promise<void>;
	/** @throws {Fault} */
	list(account: string, session: Session): Promise<void>;
	/** Lists again where a login is open: what was changed is seen as the server has it. @throws {Fault} */
	listAgain(account: string): Promise<void>;
}

/** @param address Reveille's. @throws {Fault} where it is not known */
export function createLogins(
	{ known, know, keepName }: Knowledge,
	{ clock, address }: { clock: Clock; address(): string },
): Logins {
	const sessions = new Map<string, Session>();

	const setList = (account: string, list: AccountList) =>
		know({ lists: new Map(known.value.lists).set(account, list) });

	function closeList(account: string): void {
		const list = known.value.lists.get(account);
		if (list) setList(account, { ...list, open: false });
	}

	async function list(account: string, session: Session): Promise<void> {
		const listed = await session.list(address());
		setList(account, { at: clock.now(), listed, open: sessions.get(account) === session });
		for (const { node, name } of listed) await keepName(node, name);
	}

	return {
		of: (account) => sessions.get(account),
		list,
		async take(session) {
			const { account } = session;
			const former = sessions.get(account);
			sessions.set(account, session);
			void former?.close();
			void session.closed.then(() => {
				if (sessions.get(account) !== session) return;
				sessions.delete(account);
				closeList(account);
			});
			await list(account, session);
		},
		async listAgain(account) {
			const session = sessions.get(account);
			if (session) await list(account, session);
		},
	};
}
