/** `bun run generate`: writes `docs/messages.md` from the catalogue of messages. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Message, Messages } from "../src/messages/message.ts";
import { MESSAGES } from "../src/messages/table.ts";

/** Where the page is, from the root of the repository. */
export const MESSAGES_PAGE = "docs/messages.md";

const INTRODUCTION = `# Messages

For administrators: each warning and error ends with an id in brackets, such as \`[xmpp-away]\`. In JSON logs it is the
property \`id\`. This page says what each means and what to do, and so does \`reveille explain ID\`. It is made from the code
(\`src/messages/\`). Where to look first: [troubleshooting](troubleshooting.md).`;

const ROOT = join(import.meta.dir, "..");

/** The title of a page below `docs/`, which a link to it shows. */
function titleOf(more: string): string {
	const text = readFileSync(join(ROOT, "docs", more.replace(/#.*$/, "")), "utf8");
	return /^# (.+)$/m.exec(text)?.[1] ?? more;
}

function entry([id, { happened, cause, remedy, more }]: [string, Message]): string {
	const link = more === undefined ? "" : ` More: [${titleOf(more)}](${more}).`;
	return [`### ${id}`, happened, `- **Why:** ${cause}\n- **What to do:** ${remedy}${link}`].join("\n\n");
}

const section = ([title, messages]: [string, Messages]) =>
	[`## ${title}`, ...Object.entries(messages).map(entry)].join("\n\n");

/** The page, as Markdown. */
export const messagesPage = (): string =>
	`${[INTRODUCTION, ...Object.entries(MESSAGES).map(section)].join("\n\n")}\n`;

if (import.meta.main) writeFileSync(join(ROOT, MESSAGES_PAGE), messagesPage());
