/** What proves over mod_push_appserver's API that a registration is one's own to end, or to publish to. */
import { isSameText } from "../../secrets.ts";
import { FORM_DEVICE, formDeviceKey } from "../../store/registrations/device-key.ts";
import type { App, Registration } from "../../types.ts";
import type { AppDeps } from "../deps.ts";
import { isPublishSecretTrusted, keyGone } from "../guards/authorization.ts";
import { lookUp } from "../new-registration.ts";

export interface FormProofs {
	/** Whether a registration ends at the word of whoever sent this secret. @throws {Problem} its key is gone */
	isEndedBy(node: string, secret: string): Promise<boolean>;
	/**
	 * The registrations that a token, or a device id that is trusted, proves to be their sender's.
	 * @param apps those that a registration of its type may be of
	 * @param node a device id as it was sent, or the node that we returned
	 * @param token as its push service's `parseDevice` returned it
	 */
	provenBy(apps: readonly App[], node: string, token: string | undefined): Promise<Registration[]>;
	/** Whether a publish over HTTP is taken, where its secret is right. */
	mayPublish(node: string): Promise<boolean>;
}

/** Registered by a form: its one secret is its device's as much as its owner's server's. */
const isOfForms = ({ owner, device }: Registration) => owner === "" && device.startsWith(FORM_DEVICE);

/** Registered by this module's command, whose clients unregister over HTTP. */
const isOfCommand = ({ owner, dialect }: Registration) => owner !== "" && dialect === "push-appserver";

export function createFormProofs(deps: AppDeps): FormProofs {
	const { keyring, registrations, trustDeviceId } = deps;
	const isTrusting = isPublishSecretTrusted(deps);

	async function byDeviceId(
		apps: readonly App[],
		deviceId: string,
		token: string | undefined,
	): Promise<Registration[]> {
		const key = await formDeviceKey(deviceId, trustDeviceId ? undefined : token);
		const ofForms: Registration[] = [];
		for (const { name } of apps) {
			const found = await registrations.findDevice("", name, key);
			if (found) ofForms.push(found);
		}
		if (token === undefined) return ofForms;
		const ofOwners = await registrations.ofDevice(deviceId, token);
		return [...ofForms, ...ofOwners.filter(({ app }) => apps.some(({ name }) => name === app))];
	}

	async function byNode(node: string, token: string): Promise<Registration[]> {
		const found = await registrations.findAtPrimary(node);
		// What registered over the JSON API has a device secret to end it with.
		if (!found || !(isOfForms(found) || isOfCommand(found))) return [];
		return isSameText(token, found.token) ? [found] : [];
	}

	return {
		async isEndedBy(node, secret) {
			const device = await keyring.verifyDevice(node, secret);
			if (device === "ok") return true;
			const publish = await keyring.verify(node, secret);
			if (device === "unknown-key" || publish === "unknown-key") throw keyGone();
			if (publish === "wrong") return false;
			const found = await registrations.findAtPrimary(node);
			return found !== undefined && (isTrusting || isOfForms(found));
		},

		async provenBy(apps, node, token) {
			const all = await byDeviceId(apps, node, token);
			// Not a device id, then perhaps the node that we returned.
			return all.length > 0 || token === undefined ? all : byNode(node, token);
		},

		// With an owner only the owner's domain publishes, and over HTTP nobody vouches for one.
		mayPublish: async (node) => isTrusting || !(await lookUp(deps, node))?.owner,
	};
}
