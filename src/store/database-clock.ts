/** The clock that all processes of one database share. */
import { sql } from "drizzle-orm";

/** The database's own clock, ms since the epoch: those of two connectors differ. */
export const DATABASE_NOW = sql<number>`cast(unixepoch('subsec') * 1000 as integer)`;
