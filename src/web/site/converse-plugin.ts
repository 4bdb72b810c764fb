/** The plug-in for Converse.js: whoever logs in is asked once, and their browser is woken from then on. */
import { present } from "../../syntax/present-fields.ts";
import type { EnableOptions, SiteKit } from "./enabling.ts";
import type { StropheConnection } from "./strophe.ts";

/** Converse.js, as far as it is used here. */
export interface Converse {
	plugins: { add(name: string, plugin: object): void };
	initialize(settings: { whitelisted_plugins?: string[] }, ...rest: unknown[]): unknown;
}

/** What plug-ins get of it. */
export interface ConverseApi {
	settings: { extend(defaults: object): void; get(name: string): unknown };
	listen: { on(event: string, listener: () => unknown): void };
	connection: { get(): StropheConnection };
	/** A dialog of its own; missing: Converse.js runs without its views. */
	confirm?(title: string, messages: string[]): Promise<unknown>;
	toast?: { show(id: string, properties: { body: string; type: string }): void };
	/** What other plug-ins and the site can call. */
	reveille?: { enable(): Promise<unknown>; disable(): Promise<void> };
}

/** What the browser keeps of who said no: by their JIDs. */
export type Answers = Pick<Storage, "getItem" | "setItem">;

const NAME = "reveille-push";

/** For `converse.initialize()`. Each is one value, since ejabberd's mod_conversejs hands on no lists and no groups. */
export const SETTINGS = {
	/** Reveille's XMPP address; empty: no push. */
	reveille: "",
	/** As the options of `enablePush()`; empty: their defaults. */
	reveille_service: "",
	reveille_worker: "",
	reveille_open: "",
	reveille_invite: "",
	reveille_low: false,
	/** `false`: the person is not asked, and the site's own button calls `api.reveille.enable()`. */
	reveille_ask: true,
	reveille_question: "Shall this browser tell you of new messages, also when this page is closed?",
};

const TITLE = "Notifications";

/** ms that a logout waits for it: Reveille may be away. */
const LEAVING = 5_000;

/**
 * Adds the plug-in. It need not be in the list of those that Converse.js lets in.
 * @param kit push.js, which is loaded meanwhile
 */
export function addTo(converse: Converse, kit: Promise<SiteKit>, answers: Answers): void {
	converse.plugins.add(NAME, pluginOf(kit, answers));
	const initialize = converse.initialize.bind(converse);
	converse.initialize = (settings, ...rest) => {
		const listed = settings.whitelisted_plugins ?? [];
		return initialize({ ...settings, whitelisted_plugins: [...listed, NAME] }, ...rest);
	};
}

function pluginOf(kit: Promise<SiteKit>, answers: Answers) {
	return {
		initialize(this: { _converse: { api: ConverseApi } }) {
			const { api } = this._converse;
			api.settings.extend(SETTINGS);
			const setting = <Name extends keyof typeof SETTINGS>(name: Name) =>
				api.settings.get(name) as (typeof SETTINGS)[Name];
			const account = () => api.connection.get().jid?.split("/", 1)[0] ?? "";
			const options = (): EnableOptions => ({
				connection: api.connection.get(),
				reveille: setting("reveille"),
				low: setting("reveille_low"),
				...present({
					service: setting("reveille_service") || undefined,
					worker: setting("reveille_worker") || undefined,
					open: setting("reveille_open") || undefined,
					invite: setting("reveille_invite") || undefined,
				}),
			});

			const enable = async () => (await kit).enablePush(options());
			const disable = async () => (await kit).disablePush(options());
			api.reveille = { enable, disable };

			/** @returns whether to go on */
			async function isWanted(): Promise<boolean> {
				if (setting("reveille") === "") return false;
				// Also where the browser is allowed to notify already: nobody was asked for this.
				if (await (await kit).keptDevice(account())) return true;
				const declined = `${NAME} declined ${account()}`;
				if (!setting("reveille_ask") || !api.confirm || answers.getItem(declined)) return false;
				const isAgreed = Boolean(await api.confirm(TITLE, [setting("reveille_question")]));
				if (!isAgreed) answers.setItem(declined, "1");
				return isAgreed;
			}

			let isLeaving = false;
			// At each login: what has changed meanwhile is made good.
			api.listen.on("statusInitialized", async () => {
				isLeaving = false;
				try {
					if ((await isWanted()) && !isLeaving) await enable();
				} catch (error) {
					tell(api, error);
				}
			});
			api.listen.on("beforeLogout", () => {
				isLeaving = true;
				return Promise.race([
					disable().catch((error) => tell(api, error)),
					new Promise((resolve) => setTimeout(resolve, LEAVING)),
				]);
			});
		},
	};
}

function tell({ toast }: ConverseApi, error: unknown): void {
	const body = error instanceof Error ? error.message : String(error);
	console.warn(`${NAME}: ${body}`);
	toast?.show(NAME, { body, type: "danger" });
}
