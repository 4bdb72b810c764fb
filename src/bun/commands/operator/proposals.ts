/**
 * What a shell proposes of accounts, nodes and the like: asked of the Reveille that runs, within a moment. Where none
 * runs, and where anything fails, nothing is proposed: a shell has no place for an error.
 */
import { parseConfig } from "../../../config/config.ts";
import type { BarView, FoundRegistrations, InviteView } from "../../../web/console/wire.ts";
import type { Environment } from "../command.ts";
import { socketIn } from "../running.ts";

/** A shell stands still meanwhile, ms. */
const DEADLINE_MS = 1_000;

async function askQuickly<T>({ DATA_DIR }: Environment, path: string): Promise<T | undefined> {
	try {
		const ask = socketIn(parseConfig({ DATA_DIR }).dataDir);
		const answer = await ask?.(`/operator${path}`, { signal: AbortSignal.timeout(DEADLINE_MS) });
		return answer?.ok ? ((await answer.json()) as T) : undefined;
	} catch {
		return undefined;
	}
}

/**
 * What every shell takes for a word as it stands. Strangers choose names, and bash writes what it completes without
 * quotes: `$(reboot)@example.net` would run as soon as the line is sent.
 */
const PLAIN_WORD = /^[\p{L}\p{M}\p{N}._@][\p{L}\p{M}\p{N}._@%+,:/=-]*$/u;

const beginning = (begun: string, names: readonly (string | undefined)[]): string[] =>
	[...new Set(names.filter((name) => name?.startsWith(begun) && PLAIN_WORD.test(name)))] as string[];

/** Rows of a search by what is typed so far: one page, however many there are. */
async function rowsOf(env: Environment, begun: string) {
	const query = new URLSearchParams(begun === "" ? {} : { begins: begun });
	return (await askQuickly<FoundRegistrations>(env, `/registrations?${query}`))?.rows ?? [];
}

/** Accounts that have registrations, and once something is typed the nodes that begin so. */
export async function whoBegins(env: Environment, begun: string): Promise<string[]> {
	const rows = await rowsOf(env, begun);
	const nodes = begun === "" ? [] : rows.map(({ node }) => node);
	return beginning(begun, [...rows.map(({ owner }) => owner), ...nodes]);
}

/** Accounts that have registrations, and their domains. */
export async function ownersBegin(env: Environment, begun: string): Promise<string[]> {
	const owners = (await rowsOf(env, begun)).map(({ owner }) => owner);
	return beginning(begun, [...owners, ...owners.map((owner) => owner?.split("@")[1])]);
}

/** Who is barred. */
export async function barredBegin(env: Environment, begun: string): Promise<string[]> {
	const bars = (await askQuickly<BarView[]>(env, "/bars")) ?? [];
	return beginning(
		begun,
		bars.map(({ who }) => who),
	);
}

/** Ids of invites that can be revoked. */
export async function invitesBegin(env: Environment, begun: string): Promise<string[]> {
	const invites = (await askQuickly<InviteView[]>(env, "/invites")) ?? [];
	return beginning(
		begun,
		invites.filter(({ state }) => state !== "revoked").map(({ id }) => id),
	);
}
