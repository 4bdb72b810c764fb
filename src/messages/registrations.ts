/** What goes wrong with registrations, their keys and tokens, and with HTTP requests. */
import type { Messages } from "./message.ts";

export const registrationMessages = {
	"registrations-without-app": {
		happened: "There are registrations of an app that is not set up, and their pushes wait.",
		cause: "The app was renamed, or was taken out of the settings.",
		remedy:
			"Set up an app of that name again. If the app is gone for good, nothing need be done: old registrations are deleted after `RETENTION_DAYS`.",
		more: "reveille-toml.md#apps",
	},
	"registrations-without-connection": {
		happened: "There are registrations whose address no connection has, and they are not woken.",
		cause: "An account, a resource, a domain or a pubsub service was changed.",
		remedy:
			"Keep the old one as a `[[connection]]`, or let the devices register again; most apps do at their next start.",
		more: "reveille-toml.md#connections",
	},
	"registrations-without-key": {
		happened:
			"There are registrations that were made with a key that is not configured, and they are not woken.",
		cause: "`SECRET_KEY` was changed, and the old key is not in `SECRET_KEY_OLD`.",
		remedy: "Add the old key to `SECRET_KEY_OLD`, or let the devices register again.",
		more: "keys.md#changing-the-key",
	},
	"imported-registrations-without-key": {
		happened: "Imported registrations were not renewed since the key was changed, and may not be woken.",
		cause: "Their secrets were kept with a key of `SECRET_KEY_OLD` that is not configured any more.",
		remedy: "Add that key to `SECRET_KEY_OLD` again, or let the devices register again.",
		more: "keys.md#changing-the-key",
	},
	"enabling-refused": {
		happened: "A user's server refused to enable push, or did not for a week.",
		cause: "There is no such account at the server, or the line says what else it answered.",
		remedy:
			"The registration stays, and nothing is published to it. It is tried again when the device registers again.",
		more: "own-users.md#what-the-answers-say",
	},
	"disabling-given-up": {
		happened: "A user's server could not be told for a month that a registration ended.",
		cause: "It does not give the permission any more, or does not answer.",
		remedy: "Nothing need be done: it hears of the end when it next publishes.",
		more: "own-users.md#what-is-done-in-a-users-name",
	},
	"enabling-away": {
		happened: "Push is not enabled for users at the moment.",
		cause: "The database did not answer.",
		remedy: "It is asked again every few seconds, and nothing is lost.",
	},
	"key-not-configured": {
		happened: "Publishes come for registrations that were made with a key that is not configured.",
		cause:
			"`SECRET_KEY` was changed, and the old key is not in `SECRET_KEY_OLD`. Anybody can send such a publish on purpose too.",
		remedy: "They are answered with `wait`, so no registration is lost. Add the old key to `SECRET_KEY_OLD`.",
		more: "keys.md#changing-the-key",
	},
	"key-use-unknown": {
		happened: "Reveille could not count which keys the registrations were made with.",
		cause: "The database did not answer.",
		remedy: "Nothing need be done. It is counted at the next start.",
	},
	"secret-key-other": {
		happened:
			"Reveille does not start, because `SECRET_KEY` is not the key of this database's registrations.",
		cause: "Another key was given, or the file `secret.key` in `DATA_DIR` was lost and made anew.",
		remedy:
			"Give the right key, or restore `secret.key` from a backup. To change the key, keep the right one as `SECRET_KEY_OLD`.",
		more: "keys.md#changing-the-key",
	},
	"vapid-key-other": {
		happened: "Reveille does not start, because its VAPID key is not the one that browsers subscribed with.",
		cause: "Another key was given, or the file `vapid.key` in `DATA_DIR` was lost and made anew.",
		remedy:
			"Give the right key as `VAPID_PRIVATE_KEY`, or restore `vapid.key`. The line says how to begin anew, with every browser subscribing again.",
		more: "operations.md#backup-and-restore",
	},
	"token-file-not-adopted": {
		happened: "The registration token of a file could not be put into the database.",
		cause: "The database did not answer.",
		remedy: "Until its next start only this process accepts the token. Restart it when the database answers.",
		more: "registration-token.md#where-it-comes-from",
	},
	"token-file-ended": {
		happened: "The registration token in a file has ended, and is refused.",
		cause: "A newer token was made, and the time of the old one is over.",
		remedy: "Remove the file. Give your users the new token.",
		more: "registration-token.md#how-it-ends",
	},
	"token-not-made": {
		happened: "The first registration token could not be made or looked up.",
		cause: "The database did not answer.",
		remedy: "If there is no token yet, make one with `reveille token`.",
		more: "registration-token.md",
	},
	"registrations-not-swept": {
		happened: "Old registrations and handed-over pushes could not be deleted from the database.",
		cause: "The database does not answer.",
		remedy: "It is tried again in an hour. Nothing is lost meanwhile.",
	},
	"console-token-wrong": {
		happened: "Somebody tried to sign in to the console with a wrong token.",
		cause:
			"You mistyped `ADMIN_TOKEN`, or somebody guesses. The line says from which network, and how many came.",
		remedy:
			"Nothing need be done: few tries are looked at, and a token of 32 characters cannot be guessed. If you do not know the network, keep `/admin` to your own in the proxy.",
		more: "console.md#who-gets-in",
	},
	"console-note-lost": {
		happened: "What was done in the console could not be written down in the database.",
		cause: "The database does not answer.",
		remedy: "It was done, and this log has it. Look at the database.",
		more: "console.md",
	},
	"database-failed": {
		happened: "An HTTP request could not be handled, because the database failed.",
		cause: "It is away, is too slow, or is not the right one. The line has its error.",
		remedy: "The client was answered with 503 and may try again. Look at the database, and at `/ready`.",
		more: "operations.md#is-it-alive-is-it-ready",
	},
	"request-failed": {
		happened: "An HTTP request could not be handled.",
		cause: "There is a fault in Reveille. The line has the error.",
		remedy: "The client was answered with 500. Please report it with this line.",
	},
} as const satisfies Messages;
