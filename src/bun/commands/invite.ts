/** `invite`: makes, lists and revokes invites, which let people register. Reveille may serve meanwhile. */
import { parseArgs } from "node:util";
import { renderUnicodeCompact } from "uqr";
import { parseConfig } from "../../config/config.ts";
import { registrationBounds } from "../../limits/bounds/registrations.ts";
import { inviteeOf, linkOf, newInvite, stateOf } from "../../registering/make-invite.ts";
import { createInvites, type Invite } from "../../store/invites.ts";
import { shownCode } from "../../syntax/invite-secret.ts";
import { present } from "../../syntax/present-fields.ts";
import { PROGRAM } from "../program.ts";
import { StartError } from "../start-error.ts";
import { withKnownDatabase } from "./known-database.ts";

const MOST_DAYS = registrationBounds.inviteDays.is;
const MOST_USES = registrationBounds.inviteUses.is;
const LONGEST_NAME = registrationBounds.inviteName.is;

const HELP = `Usage: ${PROGRAM} invite [--for JID|DOMAIN] [--uses N] [--days N] [--name TEXT] [--json]
       ${PROGRAM} invite list [--json]
       ${PROGRAM} invite revoke ID

An invite lets people register whom XMPP_ALLOW does not let in, and over HTTP those who have no registration token. It
is printed once, as a link, a QR code of the link, and a code to type: only hashes are stored. All processes of the same
database take it at once. The settings are those that Reveille runs with; it may run meanwhile.

  --for    only this account (romeo@example.net), or accounts of this domain (example.net), and over XMPP alone
  --uses   how many devices it lets in (1; at most ${MOST_USES})
  --days   how long it is good for (7; at most ${MOST_DAYS})
  --name   what you call it: its devices' owners see the name
  --json   prints JSON

  list     shows all invites: what they are for, how often they were used, when they end
  revoke   ends an invite. Devices that it let in stay: end those one by one`;

/** As it is printed. */
interface Made extends Pick<Invite, "id" | "name" | "onlyFor" | "uses"> {
	/** Missing: there is no web app. */
	link?: string;
	code: string;
	/** ISO 8601. */
	endsAt: string;
}

/**
 * @param args what follows `invite`
 * @param env the settings, as for serving
 * @throws {StartError | ConfigError} with a sentence for whoever typed the command
 */
export async function inviteCommand(
	args: readonly string[],
	env: Record<string, string | undefined>,
): Promise<void> {
	const { values: options, positionals } = parse(args);
	if (options.help) return console.log(HELP);
	const [verb, ...operands] = positionals;
	const json = options.json === true;
	if (verb === undefined) return make(options, env, json);
	if (verb === "list" && operands.length === 0) return list(env, json);
	const [id] = operands;
	if (verb === "revoke" && id !== undefined && operands.length === 1) return revoke(id, env);
	throw refused("It is typed in one of these ways:");
}

const refused = (why: string, cause?: unknown) =>
	new StartError("command-arguments", `${why}\n\n${HELP}`, cause);

/** @throws {StartError} */
function parse(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			allowPositionals: true,
			options: {
				for: { type: "string" },
				uses: { type: "string" },
				days: { type: "string" },
				name: { type: "string" },
				json: { type: "boolean" },
				help: { type: "boolean", short: "h" },
			},
		});
	} catch (error) {
		throw refused(error instanceof Error ? error.message : String(error), error);
	}
}

type Options = ReturnType<typeof parse>["values"];
type Environment = Record<string, string | undefined>;

async function make(options: Options, env: Environment, json: boolean): Promise<void> {
	const days = count("--days", options.days ?? "7", MOST_DAYS);
	const uses = count("--uses", options.uses ?? "1", MOST_USES);
	const names = present({ name: nameOf(options.name), onlyFor: whoOf(options.for) });
	const { invite, secrets } = newInvite({ uses, days, ...names }, { now: Date.now() });
	const page = pageOf(env);
	const isMade = await withKnownDatabase(env, (db) => createInvites(db).make(invite, secrets));
	if (!isMade) {
		throw new StartError(
			"invites-full",
			`There are ${registrationBounds.invites.is} invites that have not ended: "${PROGRAM} invite list" shows them. Those that ended make room by themselves.`,
		);
	}
	const made: Made = {
		...invite,
		...(page !== undefined && { link: linkOf(page, secrets) }),
		code: shownCode(secrets.code),
		endsAt: new Date(invite.endsAt).toISOString(),
	};
	console.log(json ? JSON.stringify(made, null, 2) : told(made));
}

function told({ id, name, onlyFor, uses, link, code, endsAt }: Made): string {
	const called = name === undefined ? id : `${id} (${name})`;
	const devices = uses === 1 ? "one device" : `${uses} devices`;
	return [
		`Invite ${called}: lets in ${devices}${onlyFor === undefined ? "" : ` of ${onlyFor}`} until ${day(endsAt)}.`,
		"It is not shown again.",
		"",
		...(link === undefined
			? ["The web app is off, so that there is no link: clients take the code as field “invite”.", ""]
			: [link, "", renderUnicodeCompact(link), ""]),
		`Code: ${code}`,
		...(link === undefined
			? []
			: ["On an iPhone type the code: the link is lost when the page goes to the home screen."]),
	].join("\n");
}

async function list(env: Environment, json: boolean): Promise<void> {
	const all = await withKnownDatabase(env, (db) => createInvites(db).list());
	if (json) return console.log(JSON.stringify(all.map(asJson), null, 2));
	if (all.length === 0) return console.log(`There is no invite. "${PROGRAM} invite" makes one.`);
	const rows = [
		["ID", "STATE", "USED", "ENDS", "FOR", "NAME"],
		...all.map((invite) => [
			invite.id,
			stateOf(invite, Date.now()),
			`${invite.used} of ${invite.uses}`,
			day(new Date(invite.endsAt).toISOString()),
			invite.onlyFor ?? "anybody",
			invite.name ?? "",
		]),
	];
	const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
	for (const row of rows) {
		console.log(
			row
				.map((cell, column) => cell.padEnd(widths[column] ?? 0))
				.join("  ")
				.trimEnd(),
		);
	}
}

async function revoke(id: string, env: Environment): Promise<void> {
	const isRevoked = await withKnownDatabase(env, (db) => createInvites(db).revoke(id));
	if (!isRevoked) {
		throw new StartError(
			"invite-unknown",
			`No invite ${JSON.stringify(id)} can be revoked: there is none, or it was revoked already. "${PROGRAM} invite list" shows them with their ids.`,
		);
	}
	console.log(`The invite ${id} is revoked. Devices that it let in stay.`);
}

function asJson({ madeAt, endsAt, revokedAt, ...invite }: Invite) {
	const iso = (at: number) => new Date(at).toISOString();
	return {
		...invite,
		state: stateOf({ ...invite, endsAt, ...present({ revokedAt }) }, Date.now()),
		madeAt: iso(madeAt),
		endsAt: iso(endsAt),
		...(revokedAt !== undefined && { revokedAt: iso(revokedAt) }),
	};
}

/** @param time ISO 8601 */
const day = (time: string) => `${time.slice(0, 16).replace("T", " ")} UTC`;

/** @throws {StartError} */
function count(option: string, text: string, most: number): number {
	const value = Number(text);
	if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
	throw refused(`${option} must be a number from 1 to ${most}, and is ${JSON.stringify(text)}.`);
}

/** @throws {StartError} */
function nameOf(name: string | undefined): string | undefined {
	const text = name?.trim();
	if (text === undefined || text === "") return undefined;
	if (text.length <= LONGEST_NAME && !/\p{Cc}/u.test(text)) return text;
	throw refused(`--name may have ${LONGEST_NAME} characters and no line breaks.`);
}

/** @throws {StartError} */
function whoOf(who: string | undefined): string | undefined {
	if (who === undefined) return undefined;
	const invitee = inviteeOf(who);
	if (invitee !== undefined) return invitee;
	throw refused(
		`--for must be an account such as romeo@example.net, or a domain, and is ${JSON.stringify(who)}.`,
	);
}

/** Where the web app is; undefined: it is off. @throws {ConfigError} */
function pageOf({ PUBLIC_URL, WEB_APP, HOST, PORT }: Environment): string | undefined {
	const { webApp, publicUrl, port } = parseConfig({ PUBLIC_URL, WEB_APP, HOST, PORT });
	if (!webApp) return undefined;
	return `${publicUrl?.replace(/\/$/, "") ?? `http://127.0.0.1:${port}`}/app/`;
}
