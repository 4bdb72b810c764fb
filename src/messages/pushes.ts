/** What goes wrong between a publish and the push service, and in the outbox. */
import type { Messages } from "./message.ts";

export const pushMessages = {
	"credentials-refused": {
		happened: "A push service refuses the credentials of an app.",
		cause:
			"The key, certificate or service account has expired, was revoked, or belongs to another app or environment.",
		remedy:
			"The app's pushes wait in the outbox and are tried again every minute; no registration is lost. Correct the app's credentials and reload Reveille.",
		more: "push-services.md",
	},
	"credentials-unchecked": {
		happened: "The credentials of an app could not be checked at the start.",
		cause: "The push service did not answer, or answered with an error of its own.",
		remedy: "Pushes are sent all the same. If they fail too, the log says why.",
		more: "push-services.md#when-a-push-service-fails",
	},
	"credentials-refused-for-device": {
		happened: "A push service refuses the credentials for one device, and its pushes wait.",
		cause: "The device registered for another app, key or environment. Anybody can register such a device.",
		remedy:
			"Nothing need be done for one device. If devices of several owners have it, it is logged as an error (`credentials-refused`).",
		more: "push-services.md#when-a-push-service-fails",
	},
	"setup-missing": {
		happened: "The devices of one kind wait, because the app lacks something at the push service.",
		cause:
			"The reason in the line says what: for example the APNs key that a Firebase project needs for iPhones, or the topic for calls.",
		remedy:
			"Set it up at the push service or in the app's settings, and reload Reveille. Pushes of other devices go out.",
		more: "push-services.md",
	},
	"push-service-failing": {
		happened: "A push service fails, and gets no pushes for a while.",
		cause: "It is overloaded or away, or this machine cannot reach it. The line has its last reason.",
		remedy:
			"The pushes wait in the outbox. Reveille tries again with single pushes, and says when it works. If it lasts, check the network and the service's status page.",
		more: "push-services.md#when-a-push-service-fails",
	},
	"push-service-failing-for-new-devices": {
		happened: "A push service fails for devices that no push was ever delivered to.",
		cause:
			"Their addresses are wrong, or whoever registered them does not mean well. Devices that work are not touched.",
		remedy:
			"The pushes wait in the outbox. Nothing need be done, unless your own new devices are among them.",
		more: "push-services.md#when-a-push-service-fails",
	},
	"mass-verdict": {
		happened: "A push service says of most devices of an app that they are gone or refused.",
		cause:
			"That is more likely a fault here: a wrong environment (`APNS_SANDBOX`), topic, project or VAPID key.",
		remedy:
			"No registration is deleted, and the pushes wait. Check the app's settings against the push service, and reload Reveille.",
		more: "push-services.md#when-a-push-service-fails",
	},
	"pushes-failed": {
		happened: "Pushes to devices of several owners failed for now. The line has their number and the reason.",
		cause: "The push service is overloaded or away, or this machine cannot reach it.",
		remedy: "They are tried again. If that goes on for an hour, look at the reason.",
		more: "proxies.md#what-errors-mean",
	},
	"pushes-refused": {
		happened: "Pushes to devices of several owners were refused. The line has their number and the reason.",
		cause: "The push service does not accept these pushes: for example one that is too large.",
		remedy:
			"They are not tried again, and the registrations stay. If the reason names a setting of an app, correct it.",
		more: "push-services.md#when-a-push-service-fails",
	},
	"push-not-handled": {
		happened: "A publish could not be handled. The user's server was answered with `wait`.",
		cause:
			"The database or the outbox does not work, or there is a fault in Reveille. The line has the error.",
		remedy:
			"No registration is lost, but this push may be. Look at the database and the disk. Please report an `internal error` with its line.",
	},
	"unifiedpush-away": {
		happened: "Pushes for UnifiedPush devices wait, because the database does not answer.",
		cause: "The database is away or overloaded.",
		remedy:
			"What was answered with 201 is in the database and goes out when it is back; new pushes are answered with 503. Look at the database.",
		more: "unifiedpush.md",
	},
	"outbox-unreadable": {
		happened: "The outbox cannot be read, so the pushes in it wait.",
		cause: "The disk of `DATA_DIR` fails, or the file is damaged.",
		remedy: "Reveille tries again after a minute. Other pushes go out. Look at the disk.",
		more: "operations.md#backup-and-restore",
	},
	"outbox-unwritable": {
		happened: "The outbox cannot be written, so a push in it may be sent twice.",
		cause: "The disk of `DATA_DIR` is full or fails.",
		remedy: "Reveille tries again after a minute. Make room on the disk.",
		more: "operations.md#disk-space",
	},
	"outbox-disk-nearly-full": {
		happened: "The disk of the outbox is nearly full.",
		cause: "Less than 256 MiB are free on the disk of `DATA_DIR`, or less than a tenth of a small one.",
		remedy:
			"Pushes that cannot go out at once are kept only for devices that were delivered to before. Other publishes are answered with `wait`. Make room on the disk.",
		more: "operations.md#disk-space",
	},
	"statistics-not-saved": {
		happened: "The results of the last pushes could not be saved in the database.",
		cause: "The database does not answer.",
		remedy: "They are kept in memory and saved when it answers. Pushes go on.",
	},
	"console-events-lost": {
		happened: "An edge worker could not save what the console tells of refused registrations.",
		cause: "The database did not answer in time.",
		remedy: "Registering is not touched. If it stays so, look at the database.",
	},
	"console-not-saved": {
		happened: "What the console shows could not be saved in the database.",
		cause: "The database does not answer, or its disk is full.",
		remedy:
			"It is kept in memory and saved later: two hours of numbers and some thousand events. Look at the database.",
	},
	"tagging-not-saved": {
		happened: "Reveille could not save which domains mark their important publishes.",
		cause: "The outbox cannot be written: the disk of `DATA_DIR` is full or fails.",
		remedy: "It knows them until it ends, and learns them again after that. Look at the disk.",
		more: "what-rings.md#encrypted-content",
	},
	"gone-endpoints-not-saved": {
		happened: "Reveille could not save which endpoints of the Push 2.0 relay are gone.",
		cause: "The outbox cannot be written: the disk of `DATA_DIR` is full or fails.",
		remedy: "It knows them until it ends, and asks each once more after that. Look at the disk.",
		more: "push2.md#the-relay",
	},
	"handover-away": {
		happened: "The database does not answer, so pushes that HTTP processes handed over wait.",
		cause: "The database is away, or the network to it is cut.",
		remedy: "Reveille asks again every second. Publishes over XMPP go on. Look at the database.",
	},
	"handover-not-renewed": {
		happened: "Handed-over pushes that are on their way may be sent twice.",
		cause: "The database does not answer, so this connector cannot renew its claim on them.",
		remedy: "Nothing is lost. Look at the database.",
	},
	"handover-push-failed": {
		happened: "A handed-over push could not be handled.",
		cause: "The database or the outbox does not work. The line has the error.",
		remedy: "A connector tries it again within half a minute.",
	},
	"handover-expired": {
		happened: "Handed-over pushes became too old and were deleted without being sent.",
		cause: "No connector of this database was running, or none could reach the database.",
		remedy: "Start a connector with the same `DATABASE_URL`: `ROLE=connector` or `ROLE=all`.",
		more: "scaling.md#roles",
	},
} as const satisfies Messages;
