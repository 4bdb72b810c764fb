/** Why a command was refused. */
import type { Messages } from "./message.ts";

export const commandMessages = {
	"command-unknown": {
		happened: "Reveille was started with an argument that it does not know.",
		cause:
			"Settings are environment variables, not arguments, or the name of the command has a typing error.",
		remedy: "`reveille --help` lists the commands and the settings.",
		more: "configuration.md",
	},
	"command-arguments": {
		happened: "A command was refused, because its arguments are missing or wrong.",
		cause: "The line says which.",
		remedy: "The command with `--help` shows how it is typed.",
	},
	"command-socket-failed": {
		happened: "Reveille serves, but commands such as `reveille doctor` cannot speak to it.",
		cause:
			"The socket `reveille.sock` in `DATA_DIR` cannot be made: its path has more than 107 bytes, or the disk takes no sockets.",
		remedy: "Set `DATA_DIR` to a folder with a shorter path, on a local disk, and restart Reveille.",
		more: "commands.md#doctor",
	},
	"output-failed": {
		happened: "A command did what was asked, and what it had to say is not all written.",
		cause: "Its output goes into a file, and the disk is full or cannot be written to.",
		remedy: "Make room, and type the command again. What `reveille token` made and could not print is lost.",
	},
	"message-unknown": {
		happened: "`reveille explain` was asked for an id that does not exist.",
		cause: "The id has a typing error, or it is one of another version.",
		remedy: "`reveille explain` without an id lists them all.",
	},
	"health-no-answer": {
		happened: "`reveille health` found nobody who listens at the address and port.",
		cause: "Reveille is not running or still starts, or it was started with another `HOST` or `PORT`.",
		remedy: "Start it, or run the command with the `HOST` and `PORT` that Reveille was started with.",
		more: "operations.md#is-it-alive-is-it-ready",
	},
	"health-not-well": {
		happened: "`reveille health` got another answer than 200.",
		cause: "Another program listens at this address and port, or Reveille hangs.",
		remedy: "Check `PORT`, and restart Reveille if it is the one that answers.",
		more: "operations.md#is-it-alive-is-it-ready",
	},
	"invites-full": {
		happened: "`reveille invite` made no invite.",
		cause: "The database has as many invites as it keeps, and none of them has ended.",
		remedy: "Wait until some end, or give one invite more `--uses`. `reveille invite list` shows them.",
		more: "invites.md",
	},
	"invite-unknown": {
		happened: "`reveille invite revoke` revoked nothing.",
		cause: "The id has a typing error, the invite was revoked before, or it ended long ago.",
		remedy: "`reveille invite list` shows the invites with their ids.",
		more: "invites.md",
	},
	"database-file-missing": {
		happened: "A command was refused, because there is no database where the settings say.",
		cause:
			"The command was run with another `DATA_DIR` or `DATABASE_URL`, or in another folder, than Reveille.",
		remedy:
			"Run it with the same settings and in the same folder. A new Reveille must be started once first.",
	},
	"secret-key-missing": {
		happened: "A command was refused, because the key of the registrations is not where the settings say.",
		cause:
			"The command was run without the `SECRET_KEY`, or with another `DATA_DIR`, than Reveille, or `secret.key` was lost.",
		remedy: "Run it with the same settings and in the same folder, or restore `secret.key` from a backup.",
		more: "keys.md",
	},
	"backup-folder-not-empty": {
		happened: "The backup was refused, because its folder is not empty.",
		cause: "There is an older backup, or something else, in it.",
		remedy: "Name a new folder.",
		more: "operations.md#backup-and-restore",
	},
	"backup-failed": {
		happened: "The backup failed, and nothing is left in its folder.",
		cause:
			"A file cannot be read, the folder cannot be made or written to, or the disk is full. The line has the error.",
		remedy: "Run it as the user that Reveille runs as, to a disk with room.",
		more: "operations.md#backup-and-restore",
	},
	"import-source-unreadable": {
		happened: "The import ended, because its source cannot be read.",
		cause:
			"The path is wrong, this user may not read it, or it is of another kind than the command was told.",
		remedy: "Correct the path, or run the import as a user who may read it, such as `prosody`.",
		more: "migrating.md#from-mod_push_appserver",
	},
	"import-csv-malformed": {
		happened: "The import ended, because its source is not the CSV file that it needs.",
		cause: "The first line does not name the columns, or a quote is not closed.",
		remedy: "Correct the line that the message names. What was imported until then stays.",
		more: "migrating.md#from-any-other-app-server",
	},
	"import-nothing-found": {
		happened: "The import found no registrations.",
		cause: "The path is of another host or server, or nothing was stored there.",
		remedy: "Give the data folder of the Prosody that ran mod_push_appserver.",
		more: "migrating.md#from-mod_push_appserver",
	},
	"not-running": {
		happened: "A command needs a Reveille that runs, and none does.",
		cause: "It is not started, or it runs with another `DATA_DIR`.",
		remedy: "Start it, or give the command the `DATA_DIR` that Reveille runs with.",
		more: "commands.md",
	},
	"running-silent": {
		happened: "A command found the socket of a Reveille that runs, and got no answer.",
		cause: "It hangs, it belongs to another user, or it ended while it was asked.",
		remedy:
			"Run the command as the user that Reveille runs as. If it hangs, look at its log and restart it. What it did until then stays.",
		more: "commands.md",
	},
	"running-older": {
		happened: "A command asked the Reveille that runs for something that it does not know.",
		cause: "Reveille was upgraded, and the process that runs is still the one before.",
		remedy: "Start Reveille again, then type the command again.",
		more: "operations.md#upgrade-and-go-back",
	},
	"operator-refused": {
		happened: "Reveille refused what a command asked for.",
		cause: "The line says why.",
		remedy: "Type it again with what the line asks for.",
		more: "commands.md",
	},
	"registration-unknown": {
		happened: "A command was told an account that has no registration.",
		cause: "It never registered here, its devices ended, or the name has a typing error.",
		remedy: "`reveille list` with the beginning of the account shows what there is.",
		more: "commands.md",
	},
	"needs-yes": {
		happened: "A command would end registrations, and did nothing.",
		cause: "What ends cannot be taken back, so the number is shown first.",
		remedy: "Type it again with `--yes`.",
		more: "commands.md",
	},
	"bar-known": {
		happened: "`reveille bar` was told somebody who is barred already.",
		cause: "The bar was made before, in the console or by a command.",
		remedy: "`reveille bar list` shows it. `reveille bar lift` ends it.",
		more: "console.md",
	},
	"import-nothing-taken": {
		happened: "The import found registrations and could take none of them.",
		cause: "The summary above counts the reasons.",
		remedy: "Set up the apps that the registrations need, and run it again.",
		more: "migrating.md#from-mod_push_appserver",
	},
	"import-host": {
		happened: "The import needs to know which host of Prosody is meant.",
		cause: "Prosody has registrations of several hosts, or none of the one that was named.",
		remedy: "Name one of the hosts in the line with `--host`.",
		more: "migrating.md#from-mod_push_appserver",
	},
	"import-app-unknown": {
		happened: "The import was told an app that is not set up.",
		cause: "The name has a typing error, or the settings of the import are not those of Reveille.",
		remedy: "Use one of the names in the line, or set the app up first.",
		more: "migrating.md",
	},
	"import-database-failed": {
		happened: "The import ended, because the database failed.",
		cause: "It is away or full. The line has its error.",
		remedy: "What was imported until then stays. Run the import again.",
		more: "migrating.md",
	},
} as const satisfies Messages;
