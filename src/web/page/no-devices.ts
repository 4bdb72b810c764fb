/** A store where there is none: it has no devices, and keeps none. */
import type { Devices } from "../devices.ts";

const nothing = async () => undefined;

const refuse = async (): Promise<never> => {
	throw new Error("There is no storage.");
};

export const NO_DEVICES: Devices = {
	all: async () => [],
	get: nothing,
	put: refuse,
	change: nothing,
	replace: refuse,
	remove: nothing,
	deviceId: refuse,
	openedAt: nothing,
	setOpenedAt: nothing,
	language: nothing,
	setLanguage: nothing,
	openTemplate: nothing,
	setOpenTemplate: nothing,
	site: nothing,
	setSite: nothing,
	setPendingTest: refuse,
	takePendingTest: nothing,
};
