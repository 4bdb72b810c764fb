/** New registration tokens, for the command `token`. */
import { Hono } from "hono";
import { z } from "zod";
import { registrationBounds } from "../../../limits/bounds/registrations.ts";
import type { Actions } from "../../../routes/admin/console/actions.ts";
import { bodyOf } from "../../../routes/admin/console/fields.ts";
import { hashOfToken, type RegistrationTokens } from "../../../store/registration-tokens.ts";
import { randomToken } from "../../registration-token.ts";

const DAY_MS = 86_400_000;

/** The answer: seen once. */
export interface MadeToken {
	token: string;
	/** When the tokens before it end, ms since the epoch. */
	othersEndAt: number;
}

/** The sub-app, to be mounted at /operator/tokens. `POST /` with `now`: the tokens before it end at once. */
export function tokenRoutes(tokens: Pick<RegistrationTokens, "renew">, actions: Pick<Actions, "done">) {
	return new Hono().post("/", async (c) => {
		const { now: isNow } = await bodyOf(c, { now: z.boolean() });
		const token = randomToken();
		const othersEndAt = Date.now() + (isNow ? 0 : registrationBounds.tokenRest.is * DAY_MS);
		await tokens.renew(await hashOfToken(token), othersEndAt);
		await actions.done("Made a new registration token");
		return c.json<MadeToken>({ token, othersEndAt }, 201);
	});
}
