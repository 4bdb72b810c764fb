/**
 * All there is to know of a push service beside how it sends: what its apps are set to, what clients call it, what its
 * devices register with. Each has one, `definition.ts` in its folder; the registry lists them.
 */
import type { z } from "zod";
import type { App, AppSettings, DeviceInput, PayloadForm, PushService, ServiceName } from "../types.ts";
import type { AlertText } from "./alert.ts";
import type { ServiceEffects } from "./effects.ts";

/** An app of a push service, with all it takes to make the service. */
export type AppOf<Name extends ServiceName> = App & { alert: AlertText; service: Name } & AppSettings[Name];

/** An app of any of them. */
export type AppConfig = { [Name in ServiceName]: AppOf<Name> }[ServiceName];

/** Fields of an app's table (app-fields.ts has what they may be). */
export type Fields = Readonly<Record<string, z.ZodType>>;

/** An app's table, as far as it was filled in. */
export type Table<F extends Fields> = { readonly [Name in keyof F]?: z.output<F[Name]> | undefined };

/** What is wrong with an app's table, one sentence each, which quotes no value. */
export class AppsError extends Error {
	override name = "AppsError";
	readonly problems: readonly string[];

	constructor(problems: readonly string[]) {
		super(problems.join("\n"));
		this.problems = problems;
	}
}

/** What a client fills in to register, beside the token. */
export interface DeviceField {
	/** What it becomes. */
	readonly is: Exclude<keyof DeviceInput, "token">;
	/** For people. */
	readonly label: string;
}

/** @typeParam F the fields of its apps' tables, beside those that all have */
export interface ServiceDefinition<Name extends ServiceName, F extends Fields = Fields> {
	readonly name: Name;
	/** What people call it. */
	readonly label: string;
	/** The settings that turn it on, for its operator, as the end of a sentence; missing: it is on by itself. */
	readonly turnedOnBy?: string;
	/** Who answers for it, as a sentence names them; missing: whoever the device chose. */
	readonly provider?: string;
	/** What an app shows to its provider, in two words; missing: nothing. */
	credentialOf?(app: AppOf<Name>): string;
	readonly fields: F;
	/** Environment variables: each is a field of one app, which has the service's name. */
	readonly variables?: Readonly<Record<string, { readonly field: keyof F & string; readonly what: string }>>;
	/**
	 * Needs no developer's credentials: an app is there by itself, and mod_push's clients call all such `any`.
	 * @param table what its environment variables say
	 * @param heir the first app of the service that the operator listed, if there is one
	 */
	ownApp?(table: Table<F>, heir: AppOf<Name> | undefined): AppSettings[Name];
	/** Why what was given would have no effect. @returns undefined: it has one, since something is shown */
	alertUnused?(table: Table<F>, given: "alert" | "alert_key"): string | undefined;
	/** What is right by itself, and would have no effect beside the rest: whether it is so, and a sentence. */
	contradictions?(table: Table<F>): readonly (readonly [isFault: boolean, sentence: string])[];
	/**
	 * What an app is set to.
	 * @param sends whether this process sends: one that does not needs no credentials
	 * @throws {AppsError} with sentences that do not name the app, and have the names of fields in braces
	 */
	settingsOf(table: Table<F>, sends: boolean): AppSettings[Name];

	/** The form of payload that its pushes may have beside ours. */
	readonly payload?: Exclude<PayloadForm, "reveille">;
	/** Publishes may reach its devices by fpush's way, without a registration (push-modules.ts). */
	readonly takesPushModules?: true;
	/** Only the device can read a push: everything may leave. */
	readonly isSealed?: true;
	/** Its devices subscribe with this server's VAPID key: who registers by command may ask for it there. */
	readonly subscribesWithKey?: true;

	/**
	 * What clients call it, in mod_push's and p2's commands and in mod_push_appserver's `type`. `listed`: mod_push's
	 * name, whose command is shown; the others are the same. `isOurs`: no other app server has the name, so its clients
	 * know of the device secret.
	 */
	readonly calledBy: Readonly<Record<string, { readonly listed?: true; readonly isOurs?: true }>>;
	/** mod_push's command: what people read there, and what is filled in. */
	readonly form: {
		readonly title: string;
		/** What the field `token` takes. */
		readonly token: string;
		/** Further fields by their names. */
		readonly more?: Readonly<Record<string, DeviceField>>;
		/** The token, of mod_push's spelling of it. @throws {InvalidDevice} */
		tokenOf?(text: string): string;
	};

	/**
	 * Called once, for all its apps.
	 * @returns what makes the service of one of them; without credentials it only checks devices, as an edge does. It
	 *   throws with a sentence for the operator, which quotes no key
	 */
	makerWith(effects: ServiceEffects): (app: AppOf<Name>) => PushService | Promise<PushService>;
}

/** A definition whose own fields nobody else has to know. */
export const defineService = <Name extends ServiceName, F extends Fields>(
	definition: ServiceDefinition<Name, F>,
) => definition as unknown as ServiceDefinition<Name>;

/** Said of services whose apps show what they like. */
export const appShowsItself = (name: ServiceName) => () =>
	`alert and alert_key have no effect: with ${name} the app itself shows what it likes.`;
