/** Who may register over HTTP, from the setting REGISTRATION to what checks a request. */
import type { RegistrationTokens } from "../../store/registration-tokens.ts";
import type { AppDeps } from "../deps.ts";
import type { JwtSettings } from "./jwt.ts";
import { createTokenCheck } from "./registration-token.ts";

/**
 * @param effects.own tokens that this process takes, whatever the database says
 * @param effects.tokens those of the database
 * @param effects.fetch gets the keys that JWTs are signed with
 * @throws when the key of JWTs is none, with a sentence that says what it must be
 */
export async function registrationAccess(
	registration: { mode: "open" } | { mode: "token" } | ({ mode: "jwt" } & JwtSettings),
	effects: {
		own: readonly string[];
		tokens: Pick<RegistrationTokens, "living">;
		fetch(url: string, init: RequestInit): Promise<Response>;
	},
): Promise<AppDeps["registration"]> {
	switch (registration.mode) {
		case "open":
			return { mode: "open" };
		case "token":
			return { mode: "token", check: createTokenCheck(effects) };
		case "jwt": {
			// What verifies JWTs is loaded for those who take them.
			const { createJwtCheck } = await import("./jwt.ts");
			return { mode: "jwt", check: await createJwtCheck(registration, { fetch: effects.fetch }) };
		}
	}
}
