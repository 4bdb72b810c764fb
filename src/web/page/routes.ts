/** Where a person is on the page: the part of the address behind `#`, so that the back button works. */
import { STEPS, type Step } from "./set-up.ts";

export type Route =
	/** Missing: the first account that there is. */
	| { at: "devices"; account?: string }
	| { at: "device"; node: string }
	| { at: "set-up"; step: Step }
	| { at: "copy" };

/** What nobody knows is the list of devices. */
export function parseRoute(hash: string): Route {
	const [name, argument] = hash.replace(/^#\/?/, "").split("/");
	const value = decoded(argument ?? "");
	if (name === "device" && value) return { at: "device", node: value };
	if (name === "set-up") return { at: "set-up", step: STEPS.find((step) => step === value) ?? "sign-in" };
	if (name === "copy") return { at: "copy" };
	return name === "devices" && value ? { at: "devices", account: value } : { at: "devices" };
}

export function hashOf(route: Route): string {
	switch (route.at) {
		case "devices":
			return route.account === undefined ? "#/devices" : `#/devices/${encodeURIComponent(route.account)}`;
		case "device":
			return `#/device/${encodeURIComponent(route.node)}`;
		case "set-up":
			return route.step === "sign-in" ? "#/set-up" : `#/set-up/${route.step}`;
		case "copy":
			return "#/copy";
	}
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return "";
	}
}
