/** The registration token of the database, as a start meets it: one from a file of older versions, or the first. */

import { join } from "node:path";
import type { Logger } from "@logtape/logtape";
import type { Config } from "../config/config.ts";
import { about } from "../messages/about.ts";
import { faultOf } from "../store/database-fault.ts";
import { hashOfToken, type RegistrationTokens } from "../store/registration-tokens.ts";
import { readSecretFile } from "./data-folder.ts";
import { PROGRAM } from "./program.ts";

/** What older versions made in the data folder. Nobody makes it any more; it is read. */
const FILE = "registration-token";

/** A shorter one was written by hand, and its hash might be guessed: it stays this process's own. */
const GENERATED_LENGTH = 43;

/** Which token registering asks for: what the first lines of a start say of it. */
export type ShownToken =
	/** Made by this start, and never shown again. */
	| { kind: "made"; token: string }
	/** In this file. */
	| { kind: "file"; path: string }
	/** The database's, which was shown when it was made. */
	| { kind: "known" }
	/** The database did not answer. */
	| { kind: "unknown" };

export interface TokenDeps {
	tokens: Pick<RegistrationTokens, "makeFirst" | "adopt">;
	log: Logger;
}

/** 32 random bytes, base64url. */
export const randomToken = () =>
	Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");

/** The token of a process, from its start on. */
export interface StartToken {
	/** Tokens that this process takes, whatever the database says. */
	own: string[];
	/**
	 * Makes the database's first token, if it never had one. To be called when nothing of the start can fail any more:
	 * the token is to be shown at once, and nobody can read it later.
	 * @returns undefined: nothing is to be said of it
	 */
	show(): Promise<ShownToken | undefined>;
}

/**
 * Reads the file of an older version, if there is one and no setting in its place, and has the other processes of the
 * database take its token.
 * @throws {StartError} when others may read the file
 */
export async function prepareToken(config: TokenConfig, deps: TokenDeps): Promise<StartToken> {
	const { registration } = config;
	if (registration.mode !== "token") return { own: [], show: async () => undefined };
	// In older versions the setting took the file's place: whoever set it may have meant to end that token.
	if (registration.token !== undefined) return { own: [registration.token], show: async () => undefined };
	const file = await takeTokenFile(config, deps);
	return { own: file.own, show: async () => file.shown ?? makeFirstToken(deps) };
}

type TokenConfig = Pick<Config, "dataDir" | "role" | "registration">;

async function takeTokenFile(
	{ dataDir, role }: TokenConfig,
	{ tokens, log }: TokenDeps,
): Promise<{ shown: ShownToken | undefined; own: string[] }> {
	// An HTTP process has no folder of its own.
	const path = join(dataDir, FILE);
	const token = role === "http" ? undefined : readSecretFile(path);
	if (token === undefined) return { shown: undefined, own: [] };
	const shown = { kind: "file", path } as const;
	if (token.length < GENERATED_LENGTH) return { shown, own: [token] };
	try {
		if (await tokens.adopt(await hashOfToken(token))) return { shown, own: [] };
	} catch (error) {
		log.warn(
			"The token in {path} cannot be put into the database. Until the next start only this process accepts it: {error}",
			about("token-file-not-adopted", { path, error: faultOf(error) }),
		);
		return { shown, own: [token] };
	}
	log.warn(
		"The registration token in {path} ended, and is refused: remove the file.",
		about("token-file-ended", { path }),
	);
	return { shown: { kind: "known" }, own: [] };
}

async function makeFirstToken({ tokens, log }: TokenDeps): Promise<ShownToken> {
	const token = randomToken();
	try {
		return (await tokens.makeFirst(await hashOfToken(token))) ? { kind: "made", token } : { kind: "known" };
	} catch (error) {
		log.warn(
			`No registration token could be made, or looked up, in {database}: {error}. If there is none, "${PROGRAM} token" makes one.`,
			about("token-not-made", { error: faultOf(error) }),
		);
		return { kind: "unknown" };
	}
}
