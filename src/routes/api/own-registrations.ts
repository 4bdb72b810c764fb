/** The JSON API for one's own users: what it says of push at their servers, and when it has it enabled. */
import type { z } from "@hono/zod-openapi";
import type { OwnUsers } from "../../registering/own-users.ts";
import type { Enabling, Registration } from "../../types.ts";
import type { AppDeps } from "../deps.ts";
import type { enablingSchema } from "./schemas.ts";

type Shown = z.infer<typeof enablingSchema>;

/** An ended registration is shown to nobody, so `ending` is none of these. */
function shown({ owner: account, state, reason }: Enabling): Shown {
	return {
		account,
		state: state === "ending" ? "waiting" : state,
		...(reason !== undefined && { reason }),
	};
}

/** @returns nothing, where push was never to be enabled */
export const shownEnabling = (enabling: Enabling | undefined): { enabling?: Shown } =>
	enabling ? { enabling: shown(enabling) } : {};

/** Has it enabled for a registration that was made just now, and is there whatever comes of this. */
export async function enabledNow(
	ownUsers: OwnUsers,
	{ node, owner }: Pick<Registration, "node" | "owner">,
): Promise<Shown> {
	const enabling = await ownUsers.enable(node).catch(() => undefined);
	return enabling ? shown(enabling) : { account: owner, state: "waiting" };
}

/**
 * The same for one that was renewed by its device, while it waits. What its server refused, or has under another key, is
 * not asked for again: nobody vouches now that the account is still the same person's.
 */
export async function enabledAgain(
	{ ownUsers }: Pick<AppDeps, "ownUsers">,
	registration: Registration,
): Promise<Enabling | undefined> {
	const enabling = await ownUsers?.of(registration);
	if (!ownUsers || enabling?.state !== "waiting") return enabling;
	return (await ownUsers.enable(enabling.node).catch(() => undefined)) ?? enabling;
}
