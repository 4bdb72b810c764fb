/** The plug-in for Converse.js: whoever logs in is asked once, and their browser is woken from then on. */

import type { EnableOptions, SiteKit } from "./enabling.ts";
import type { StropheConnection } from "./strophe.ts";

/** The setting `reveille_push` of `converse.initialize()`. */
export type ConverseSettings = Omit<EnableOptions, "connection" | "registration"> & {
	/** `false`: the person is not asked, and the site's own button calls `api.reveille.enable()`. */
	ask?: boolean;
	/** What they are asked. */
	question?: string;
};

/** Converse.js, as far as it is used here. */
export interface Converse {
	plugins: { add(name: string, plugin: object): void };
}

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

const SETTING = "reveille_push";
const TITLE = "Notifications";
const QUESTION = "Shall this browser tell you of new messages, also when this page is closed?";

/** ms that a logout waits for it: Reveille may be away. */
const LEAVING = 5_000;

/** @param kit push.js, which is loaded meanwhile */
export function pluginOf(kit: Promise<SiteKit>, answers: Answers) {
	return {
		initialize(this: { _converse: { api: ConverseApi } }) {
			const { api } = this._converse;
			api.settings.extend({ [SETTING]: {} });
			const settings = () => api.settings.get(SETTING) as ConverseSettings;
			const connection = () => api.connection.get();
			const given = () => {
				const { ask: _, question: __, ...options } = settings();
				return { ...options, connection: connection() };
			};
			const account = () => connection().jid?.split("/", 1)[0] ?? "";

			const enable = async () => (await kit).enablePush(given());
			const disable = async () => (await kit).disablePush(given());
			api.reveille = { enable, disable };

			/** @returns whether to go on */
			async function isWanted(): Promise<boolean> {
				// Also where the browser is allowed to notify already: it was not asked for this.
				if (await (await kit).keptDevice(account())) return true;
				const { ask = true, question = QUESTION } = settings();
				if (!ask || !api.confirm || answers.getItem(declinedBy(account()))) return false;
				const isAgreed = Boolean(await api.confirm(TITLE, [question]));
				if (!isAgreed) answers.setItem(declinedBy(account()), "1");
				return isAgreed;
			}

			// At each login: what has changed meanwhile is made good.
			api.listen.on("statusInitialized", async () => {
				try {
					if (await isWanted()) await enable();
				} catch (error) {
					tell(api, error);
				}
			});
			api.listen.on("beforeLogout", () =>
				Promise.race([
					disable().catch((error) => tell(api, error)),
					new Promise((resolve) => setTimeout(resolve, LEAVING)),
				]),
			);
		},
	};
}

const declinedBy = (account: string) => `reveille-push declined ${account}`;

function tell({ toast }: ConverseApi, error: unknown): void {
	const body = error instanceof Error ? error.message : String(error);
	console.warn(`reveille-push: ${body}`);
	toast?.show("reveille-push", { body, type: "danger" });
}
