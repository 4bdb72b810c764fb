/** Faults that show only when a setting is used, told as those are that show when it is read. */
import type { MessageId } from "../messages/table.ts";
import { ConfigError } from "./config.ts";

/**
 * Has a fault say which setting it is about.
 * @param use what is made of the setting; its error's message stands after the name, and quotes no secret
 * @throws {ConfigError}
 */
export function naming<T>(setting: string, use: () => T | Promise<T>): Promise<T> {
	return told("setting-unusable", use, `${setting}: `);
}

/**
 * The same for a fault whose message names the app that it is about: its settings have several names.
 * @throws {ConfigError}
 */
export function asConfigError<T>(use: () => T | Promise<T>): Promise<T> {
	return told("app-unusable", use);
}

async function told<T>(id: MessageId, use: () => T | Promise<T>, name = ""): Promise<T> {
	try {
		return await use();
	} catch (error) {
		throw new ConfigError([name + (error instanceof Error ? error.message : String(error))], id);
	}
}
