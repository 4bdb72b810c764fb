/** The file of a connector: what must outlive the process, and is its own. */
import { join } from "node:path";
import type { Logger } from "@logtape/logtape";
import { openDatabase } from "../bun/database/open.ts";
import { stillThere } from "../bun/database/replaced-file.ts";
import { createSpaceCheck } from "../bun/free-space.ts";
import type { Config } from "../config/config.ts";
import { type GoneMemory, openGoneMemory } from "../delivery/gone-memory.ts";
import { openTagging, type Tagging } from "../delivery/tagging.ts";
import { deliveryBounds } from "../limits/bounds/delivery.ts";
import { openGoneEndpoints } from "../store/local/gone-endpoints.ts";
import { type Outbox, openOutbox } from "../store/local/outbox.ts";
import { openStreams, type Streams } from "../store/local/streams.ts";
import { openTaggingDomains } from "../store/local/tagging-domains.ts";
import { fileUrl } from "../syntax/file-url.ts";

/** It shares its disk with all that this process writes. */
const SPACE = {
	id: "outbox-disk-nearly-full" as const,
	bytes: deliveryBounds.freeSpace.is,
	whenFull:
		"until there is room, pushes that wait are kept for devices alone which were delivered to before. Other publishes are answered by wait.",
	whenRoom: "pushes that wait are kept for all devices.",
};

export interface OutboxFile {
	/** The pushes that wait. */
	outbox: Outbox;
	/** The domains that say how important a publish is. */
	tagging: Tagging;
	/** The endpoints of the relay that are gone. */
	gone: GoneMemory;
	/** The streams that can be resumed. */
	streams: Streams;
	/** Whether the disk has room for what strangers leave there. */
	mayGrow(): Promise<boolean>;
	/** Writes what was not written yet. */
	close(): Promise<void>;
}

/** @throws {StartError} when it cannot be opened, or another process has it */
export async function openOutboxFile(
	{ dataDir, outboxSync }: Pick<Config, "dataDir" | "outboxSync">,
	log: Logger,
): Promise<OutboxFile> {
	const path = join(dataDir, "outbox.db");
	const { db, client } = await openDatabase({
		url: fileUrl(path),
		sync: outboxSync,
		exclusive: true,
		migrations: "outbox",
	});
	const opened = await openOutbox(db);
	const tagging = await openTagging({ kept: openTaggingDomains(db), log });
	const gone = await openGoneMemory({ kept: openGoneEndpoints(db), log });
	const isThere = stillThere(path);
	const outbox: Outbox = {
		...opened,
		async put(...entries) {
			// What is promised must outlive this process.
			isThere();
			await opened.put(...entries);
		},
	};
	return {
		outbox,
		tagging,
		gone,
		streams: openStreams(db),
		mayGrow: createSpaceCheck([dataDir], SPACE, { log }),
		async close() {
			await Promise.all([tagging.written(), gone.written()]);
			await outbox.checkpoint().catch(() => {});
			client.close();
		},
	};
}
