/** How a line of the log, and a sentence on standard error, carries the id of its message. */
import type { MessageId } from "./table.ts";

/**
 * The values of a warning or an error, with the id of its message: text logs show it at the end of the line, JSON logs
 * have it as the property `id`. `reveille explain ID` and `docs/messages.md` say what it means.
 * @param values what stands in the braces of the line
 */
export const about = (id: MessageId, values: Readonly<Record<string, unknown>> = {}) => ({ ...values, id });

/** A sentence with the id of its message behind it; what has several lines, as a list or a help text, has it on the last. */
export const withId = (text: string, id: MessageId) => `${text}${text.includes("\n") ? "\n" : " "}[${id}]`;
