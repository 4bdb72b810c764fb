/** What goes wrong with databases, replicas of them and their disks. */
import type { Messages } from "./message.ts";

export const databaseMessages = {
	"database-away": {
		happened: "Reveille or its command does not start, because the database server does not answer.",
		cause: "The server is not running, its address is wrong, or this machine cannot reach it.",
		remedy:
			"Check `DATABASE_URL` and the server, and start again. With a replica Reveille can start without it.",
		more: "scaling.md#a-replica-beside-each-process",
	},
	"database-away-at-start": {
		happened: "Reveille started with its replica, because the database server does not answer.",
		cause: "The server is not running, or this machine cannot reach it.",
		remedy: "Registered devices are woken. Nobody can register or renew until the server answers.",
		more: "scaling.md#a-replica-beside-each-process",
	},
	"database-other": {
		happened: "Reveille does not start, because the database is another one, or has lost its data.",
		cause: "`DATABASE_URL` names another database, a file was deleted, or a server lost its volume.",
		remedy:
			"Restore the database, or name the right one. If a new one was meant, remove the file `database-id` from `DATA_DIR`; then every device must register again.",
		more: "operations.md#the-wrong-database",
	},
	"database-url-malformed": {
		happened: "Reveille does not start, because `DATABASE_URL` is no file of this machine.",
		cause: "`file://data/x.db` names a host called `data`, or the path has `#`, `?` or `%` in it.",
		remedy:
			"Write `file:data/x.db` or `file:///data/x.db`, with `#` as `%23`, `?` as `%3F` and `%` as `%25`.",
	},
	"database-unwritable": {
		happened: "Reveille does not start, because it may not write its database.",
		cause: "The file or its folder belongs to another user, or the disk is mounted read-only.",
		remedy: "Give the file and its folder to the user that Reveille runs as.",
	},
	"database-unopenable": {
		happened: "Reveille does not start, because its database cannot be opened.",
		cause: "The folder is not there, or this user may not write there.",
		remedy: "Make the folder, and give it to the user that Reveille runs as.",
	},
	"database-damaged": {
		happened: "Reveille does not start, because a database file is damaged, or is no SQLite database.",
		cause: "The disk failed, the file was copied while Reveille ran, or another file was named.",
		remedy:
			"Restore it from a backup. If you move it away, Reveille begins anew, and every device must register again.",
		more: "operations.md#restore",
	},
	"database-in-use": {
		happened: "Reveille does not start, because another Reveille uses the same file.",
		cause: "Two processes have the same `DATA_DIR`.",
		remedy: "End the other one, or give this one a `DATA_DIR` of its own.",
		more: "scaling.md#several-connectors",
	},
	"database-token-refused": {
		happened: "Reveille does not start, because the database server refuses `DATABASE_AUTH_TOKEN`.",
		cause: "The token is missing, has expired, or belongs to another database.",
		remedy: "Make a token at the server, and set `DATABASE_AUTH_TOKEN` to it.",
	},
	"database-unusable": {
		happened: "Reveille does not start, because the database fails in another way.",
		cause: "The line has the database's own error.",
		remedy: "Look up that error. If the database is a file, check its disk.",
	},
	"disk-full": {
		happened: "Reveille does not start, because the disk of its database is full.",
		cause: "Something filled the disk.",
		remedy: "Make room, and start again.",
		more: "operations.md#disk-space",
	},
	"database-disk-nearly-full": {
		happened: "The disk of the database is nearly full.",
		cause: "Less than 256 MiB are free on it, or less than a tenth of a small one.",
		remedy:
			"New registrations are refused. What is registered goes on to work, and can be renewed. Make room.",
		more: "operations.md#disk-space",
	},
	"replica-old": {
		happened: "The replica of the database was not brought up to date for some time.",
		cause: "The database server does not answer, or this machine cannot reach it.",
		remedy:
			"Pushes go on from the replica. Devices that registered elsewhere since then are looked up at the server. Look at the server and the network.",
		more: "scaling.md#a-replica-beside-each-process",
	},
	"replica-path-taken": {
		happened: "Reveille does not start, because the file for the replica is a database of its own.",
		cause: "`DATABASE_URL` names a file that was used without `DATABASE_SYNC_URL` before.",
		remedy: "Let `DATABASE_URL` name another file, or leave it out.",
		more: "scaling.md#a-replica-beside-each-process",
	},
	"replica-missing": {
		happened: "Reveille does not start: the database server does not answer, and there is no replica yet.",
		cause:
			"A replica is made while the server answers. The one that is there is missing, or is of an older version.",
		remedy: "Start the database server first. After that Reveille can start without it.",
		more: "scaling.md#a-replica-beside-each-process",
	},
	"replica-not-made": {
		happened: "Reveille does not start, because the replica of the database cannot be made.",
		cause: "The server does not offer replicas, does not answer, or has not the tables of this version.",
		remedy: "The line has the reason. Leave `DATABASE_SYNC_URL` out to work without a replica.",
		more: "scaling.md#a-replica-beside-each-process",
	},
	"replica-unreadable": {
		happened: "Reveille does not start, because its replica of the database cannot be read.",
		cause: "The disk was full or failed, or the process was killed while it copied.",
		remedy: "It is only a copy. Delete it and the files beside it that begin with its name, and start again.",
		more: "scaling.md#a-replica-beside-each-process",
	},
} as const satisfies Messages;
