/** For tests of what is no command. */
import type { CommandDeps } from "../../src/xmpp/commands/commands.ts";

const registersNothing = () => Promise.reject(new Error("these tests register nothing"));

export const noCommands: CommandDeps = {
	registrar: {
		apps: [],
		services: new Set(),
		providers: [],
		mayRegister: () => false,
		isInvited: async () => false,
		register: registersNothing,
		list: registersNothing,
		remove: registersNothing,
		test: registersNothing,
		rename: registersNothing,
		secretOf: registersNothing,
		givesSecrets: true,
	},
	onFault: () => {},
};
