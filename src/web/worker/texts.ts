/** What notifications say, in each language of the page. */

export interface WorkerTexts {
	/** BCP 47 */
	readonly lang: string;
	readonly message: string;
	readonly messages: string;
	/** @param count at least 2 */
	counted(name: string, count: number): string;
	waiting(account: string, count: number): string;
	readonly read: string;
	inRoom(who: string, room: string): string;
	readonly call: string;
	callOf(who: string): string;
	readonly answer: string;
	/** After a text, where there are several accounts. */
	to(account: string): string;
	/** Nothing to read, or nothing that is known. */
	readonly news: string;
	readonly newsBody: string;
	readonly reminder: string;
	readonly ended: string;
	removed(account: string): string;
	readonly works: string;
	took(ms: number): string;
}

const en: WorkerTexts = {
	lang: "en",
	message: "New message",
	messages: "New messages",
	counted: (name, count) => `${name} (${count} messages)`,
	waiting: (account, count) =>
		count > 1
			? `${count} messages for ${account}. Tap to read them.`
			: `A message for ${account}. Tap to read it.`,
	read: "Tap to read it in your chat app.",
	inRoom: (who, room) => `${who} in “${room}”`,
	call: "A call",
	callOf: (who) => `${who} is calling`,
	answer: "Tap to answer in your chat app.",
	to: (account) => `(to ${account})`,
	news: "Something new",
	newsBody: "Your chat app shows what it is.",
	reminder: "Open Reveille once this week, or this device stops.",
	ended: "This device is not woken any more",
	removed: (account) => `${account} was removed from its server.`,
	works: "It works",
	took: (ms) => `This test push took ${ms} ms.`,
};

const de: WorkerTexts = {
	lang: "de",
	message: "Neue Nachricht",
	messages: "Neue Nachrichten",
	counted: (name, count) => `${name} (${count} Nachrichten)`,
	waiting: (account, count) =>
		count > 1
			? `${count} Nachrichten für ${account}. Tippen, um sie zu lesen.`
			: `Eine Nachricht für ${account}. Tippen, um sie zu lesen.`,
	read: "Tippen, um sie in der Chat-App zu lesen.",
	inRoom: (who, room) => `${who} in „${room}“`,
	call: "Ein Anruf",
	callOf: (who) => `${who} ruft an`,
	answer: "Tippen, um in der Chat-App zu antworten.",
	to: (account) => `(an ${account})`,
	news: "Etwas Neues",
	newsBody: "Die Chat-App zeigt, was es ist.",
	reminder: "Reveille diese Woche einmal öffnen, sonst hört dieses Gerät auf.",
	ended: "Dieses Gerät wird nicht mehr geweckt",
	removed: (account) => `${account} wurde von seinem Server entfernt.`,
	works: "Es funktioniert",
	took: (ms) => `Dieser Test-Push brauchte ${ms} ms.`,
};

/** @param wanted BCP 47 tags, the most wanted first; English where there is none of them */
export function textsIn(wanted: readonly (string | undefined)[]): WorkerTexts {
	for (const tag of wanted) {
		const primary = tag?.toLowerCase().split("-", 1)[0];
		const found = [en, de].find(({ lang }) => lang === primary);
		if (found) return found;
	}
	return en;
}
