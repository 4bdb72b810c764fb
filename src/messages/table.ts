/** All messages: what `reveille explain` and `docs/messages.md` say. A file for each section; a new one is added here. */
import { commandMessages } from "./commands.ts";
import { databaseMessages } from "./database.ts";
import type { Message } from "./message.ts";
import { pushMessages } from "./pushes.ts";
import { registrationMessages } from "./registrations.ts";
import { startMessages } from "./start.ts";
import { xmppMessages } from "./xmpp.ts";

/** By the title of the section. */
export const MESSAGES = {
	"Settings and files at the start": startMessages,
	"The XMPP server": xmppMessages,
	Pushes: pushMessages,
	"Registrations and requests": registrationMessages,
	Databases: databaseMessages,
	Commands: commandMessages,
} as const;

/** The ids of one section; of several, those of each. */
type IdOf<Section> = Section extends unknown ? keyof Section & string : never;

/** An id, as it stands at the end of a line. */
export type MessageId = IdOf<(typeof MESSAGES)[keyof typeof MESSAGES]>;

/** Each message with its id, in the order of the page. */
export const allMessages = (): [MessageId, Message][] =>
	Object.values(MESSAGES).flatMap((section) => Object.entries(section) as [MessageId, Message][]);
