/** What settings, files of keys and certificates have wrong at a start. */
import type { Messages } from "./message.ts";

export const startMessages = {
	"settings-unfit": {
		happened: "Reveille does not start, because settings are missing, malformed or do not fit together.",
		cause: "Each line below the first names one setting and says what is wrong with it.",
		remedy: "Change the settings that the lines name, and start again.",
		more: "configuration.md",
	},
	"setting-unknown": {
		happened: "A variable begins like a setting of Reveille and is not one. It is ignored.",
		cause: "The name has a typing error, or it is a setting of another version.",
		remedy: "Use the name that the line suggests, or remove the variable.",
		more: "configuration.md",
	},
	"setting-unusable": {
		happened: "Reveille does not start, because the value of a setting cannot be used.",
		cause: "The value has the right form, but it does not work: for example a key that is damaged.",
		remedy: "The line names the setting and the fault. Give it another value, and start again.",
		more: "configuration.md",
	},
	"app-unusable": {
		happened: "Reveille does not start, because the credentials of an app cannot be used.",
		cause:
			"A key, a certificate or a service account cannot be read, or is of another kind than the push service needs.",
		remedy:
			"Download the credentials again from the push service, and name the new file in the app's settings.",
		more: "push-services.md",
	},
	"reload-refused": {
		happened: "Reveille was told to reload (SIGHUP) and took up nothing.",
		cause: "`reveille.toml`, or a file that a setting names, has a fault, which the line tells.",
		remedy: "Mend the file and reload again. Until then the old settings stay in force.",
		more: "operations.md#reload",
	},
	"reload-needs-restart": {
		happened: "Reveille was told to reload (SIGHUP), and something that changed was not taken up.",
		cause:
			"Credentials and options of apps are taken up. New apps, other connections and other settings are not.",
		remedy: "Restart Reveille. Nothing is lost: what waits is on disk.",
		more: "operations.md#reload",
	},
	"worker-unusable": {
		happened: "The edge worker answers every request with an error, because it cannot begin to work.",
		cause: "A binding is missing or malformed, or the database is not the one that the bindings belong to.",
		remedy: "The line says what is wrong. Change the binding and deploy again.",
		more: "edge.md#set-it-up",
	},
	"certificates-unchecked": {
		happened: "`NODE_TLS_REJECT_UNAUTHORIZED=0` is set, so no certificate is checked.",
		cause: "Somebody set it so that a server with a certificate of its own is accepted.",
		remedy:
			"Anybody on the way can read and change everything, passwords too. Remove the variable. For an XMPP server set `XMPP_CA`, for all else `NODE_EXTRA_CA_CERTS`.",
		more: "proxies.md#private-certificate-authorities",
	},
	"cannot-listen": {
		happened: "Reveille does not start, because it cannot listen on its address and port.",
		cause:
			"Another program listens there, the machine does not have that address, or this user may not use that port.",
		remedy: "End the other program, or set `HOST` and `PORT` to an address and a port that are free.",
	},
	"data-folder-unusable": {
		happened: "Reveille does not start, because it cannot make its data folder.",
		cause: "The folder above it is not there, or this user may not write there.",
		remedy: "Set `DATA_DIR` to a folder that this user may write, or give the user the right to.",
	},
	"secret-file-unusable": {
		happened: "Reveille does not start, because a file of its data folder cannot be read or made.",
		cause: "This user may not read or write the file or its folder, or the disk is full.",
		remedy: "Give the file and its folder to the user that Reveille runs as.",
	},
	"secret-file-open": {
		happened: "Reveille does not start, because others may read a file with a secret.",
		cause: "The file was copied or made with rights for its group or for everybody.",
		remedy: "Type the `chmod 600` that the line has. If others may have read it, consider the secret lost.",
		more: "keys.md#if-the-old-key-is-in-wrong-hands",
	},
	"secret-file-empty": {
		happened: "Reveille does not start, because a file with a secret is empty.",
		cause: "A copy or a backup was cut short, or the disk was full.",
		remedy:
			"Restore the file from a backup. If you remove it, a new one is made. With a new `secret.key` all devices must register again.",
		more: "operations.md#backup-and-restore",
	},
	"key-file-unreadable": {
		happened: "Reveille does not start, because a setting names a file that cannot be read.",
		cause:
			"The path is wrong, or this user may not read the file. A value that begins with a slash is taken for a path.",
		remedy: "Correct the path, or give this user the right to read the file.",
	},
	"key-file-empty": {
		happened: "Reveille does not start, because a setting names a file that is empty.",
		cause: "A copy was cut short, or the wrong file was named.",
		remedy: "Name the right file. Reveille does not make a new key in its place, because a key was meant.",
	},
	"apps-malformed": {
		happened: "Reveille does not start, because `APPS` is neither a path nor a list.",
		cause: "`APPS` begins like one JSON object.",
		remedy: "Write the path of a file, or a JSON list of apps: `[{ … }]`.",
		more: "reveille-toml.md",
	},
	"toml-malformed": {
		happened: "Reveille does not start, because the file of apps and connections cannot be read as TOML.",
		cause: "A text has no quotes, or a bracket or an equals sign is missing.",
		remedy:
			"Correct the file. Its lines are not repeated in the message, because there may be secrets in them.",
		more: "reveille-toml.md",
	},
	"toml-tables": {
		happened:
			"Reveille does not start, because the file of apps and connections has other tables than these.",
		cause: "It has a table of another name than `[[app]]` and `[[connection]]`, or it is empty.",
		remedy:
			"Write tables `[[app]]` and `[[connection]]` only, with two brackets on each side. A file of comments only is taken too.",
		more: "reveille-toml.md",
	},
	"xmpp-ca-unreadable": {
		happened: "Reveille does not start, because the certificate to trust is no certificate.",
		cause: "`XMPP_CA`, or `ca` of a connection, is not a certificate in PEM, or is damaged.",
		remedy: "Copy the whole certificate, from its BEGIN line to its END line, or give its fingerprint.",
		more: "xmpp-connection.md#which-certificate-is-trusted",
	},
	"certificate-unreadable": {
		happened: "Reveille does not start, because the APNs certificate of an app cannot be read.",
		cause: "It is not in PEM. Apple's tools export a `.p12` file.",
		remedy: "Convert the file with the `openssl pkcs12` command of the line.",
		more: "push-services.md#apns",
	},
	"certificate-key-unreadable": {
		happened: "Reveille does not start, because the private key of an app's APNs certificate cannot be read.",
		cause: "It is not in PEM, or another file was named.",
		remedy:
			"Name the file whose first line says BEGIN PRIVATE KEY, BEGIN RSA PRIVATE KEY or BEGIN EC PRIVATE KEY.",
		more: "push-services.md#apns",
	},
	"certificate-key-encrypted": {
		happened:
			"Reveille does not start, because the private key of an app's APNs certificate has a passphrase.",
		cause: "The key was exported with a passphrase, and nobody is there to enter it.",
		remedy: "Write the key without a passphrase, with the `openssl pkey` command of the line.",
		more: "push-services.md#apns",
	},
	"certificate-key-other": {
		happened: "Reveille does not start, because an app's certificate and private key do not belong together.",
		cause: "One of the two was renewed, or the files of two apps were mixed up.",
		remedy:
			"Compare them with the two `openssl` commands of the line, and name the files that belong together.",
		more: "push-services.md#apns",
	},
	"certificate-expired": {
		happened: "The APNs certificate of an app has expired.",
		cause: "Apple's certificates are valid for about a year.",
		remedy:
			"Apple refuses the app's pushes, and they wait. Get a new certificate from Apple and reload Reveille.",
		more: "push-services.md#apns",
	},
	"certificate-expires-soon": {
		happened: "The APNs certificate of an app expires within 30 days.",
		cause: "Apple's certificates are valid for about a year.",
		remedy: "Pushes go out until then. Get a new certificate from Apple and reload Reveille before that day.",
		more: "push-services.md#apns",
	},
	"apns-behind-proxy": {
		happened: "The pushes of an APNs app wait, because a proxy is set.",
		cause: "APNs speaks HTTP/2, and Reveille does not send HTTP/2 through a proxy.",
		remedy:
			"Let this machine reach the host and port of the line directly, add the host to `NO_PROXY`, and restart.",
		more: "proxies.md#between-reveille-and-the-internet",
	},
	"clock-differs": {
		happened: "The clock of a server and the clock of this machine differ by more than two minutes.",
		cause: "Most often the clock of this machine is wrong, because nothing sets it.",
		remedy:
			"Push services refuse what is signed in another time. Let chrony or systemd-timesyncd keep the clock right. If this machine's clock is right, nothing need be done.",
		more: "xmpp-connection.md#the-clock",
	},
	"clock-set-back": {
		happened: "The clock of this machine was set back.",
		cause: "Somebody, or a time service, corrected it.",
		remedy:
			"Nothing need be done: what waits for a time is tried again at once. If it happens often, look at the time service.",
	},
} as const satisfies Messages;
