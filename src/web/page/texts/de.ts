/** Deutsch. Kurze Sätze: was ist, dann was zu tun ist. */
import { because, httpsOf } from "./strangers-words.ts";
import type { FaultTexts, Texts } from "./texts.ts";

const count = (n: number, one: string, many: string) =>
	n === 1 ? one : `${new Intl.NumberFormat("de").format(n)} ${many}`;

const faults: FaultTexts = {
	"no-server-known": ({ domain }) => [
		`${domain} sagt Browsern nicht, wo sein XMPP-Server ist.`,
		"Gib die Adresse des Servers ein. Dein Admin kennt sie.",
	],
	"server-unreachable": ({ service }) => [
		`${service} antwortet nicht, oder sein Zertifikat ist nicht gültig.`,
		`Öffne ${httpsOf(service)} in diesem Browser. Warnt er vor dem Zertifikat, lass es dort zu. Komm dann zurück und versuch es noch einmal.`,
	],
	"domain-unknown": ({ domain }) => [
		`Der Server ist da, aber er kennt ${domain} nicht.`,
		"Sieh dir den Teil hinter dem @ an.",
	],
	"wrong-password": ({ domain }) => [`${domain} nimmt dieses Passwort nicht an.`, "Gib es noch einmal ein."],
	"login-refused": ({ domain, reason }) => [
		`${domain} lehnt die Anmeldung ab${because(reason)}.`,
		"Frag den Admin deines Servers.",
	],
	"no-safe-login": ({ domain }) => [
		`${domain} bietet keine Anmeldung, bei der dein Passwort geheim bleibt.`,
		"Dein Passwort wurde nicht gesendet. Bitte den Admin, SCRAM zu erlauben.",
	],
	"server-unproven": ({ domain }) => [
		`Der Server hat nicht bewiesen, dass er ${domain} ist.`,
		"Vielleicht steht jemand dazwischen. Versuch es in einem anderen Netz, und sag es deinem Admin.",
	],
	"no-push": ({ domain }) => [`${domain} kann noch keine Pushs senden.`, "Sein Admin kann das ergänzen."],
	"enable-refused": ({ domain, reason }) => [
		`${domain} kann Push, schaltet es aber nicht ein${because(reason)}.`,
		"Frag den Admin deines Servers.",
	],
	"reveille-away": ({ address }) => [
		`${address} antwortet nicht. Es ist nicht da, oder dein Server erreicht es nicht.`,
		"Versuch es in ein paar Minuten noch einmal. Bleibt es so, sag es dem Betreiber dieser Seite und deinem Admin.",
	],
	"not-allowed": ({ address, domain }) => [
		`${address} nimmt keine Konten von ${domain} an.`,
		"Frag den Betreiber dieser Seite, ob er deinen Server zulässt.",
	],
	"invite-needed": ({ address, domain }) => [
		`${address} nimmt Konten von ${domain} nur mit Einladung.`,
		"Frag den Betreiber dieser Seite danach.",
	],
	"no-invite": ({ reason }) => ["Diese Einladung lässt dich nicht ein.", `Reveille sagt: „${reason}“`],
	"reveille-refused": ({ reason }) => [
		`Reveille lehnt das ab${because(reason)}.`,
		"Sag es dem Betreiber dieser Seite.",
	],
	"not-now": ({ reason }) => ["Reveille kann das gerade nicht.", whatToDo(reason)],
	ended: () => ["Dieses Gerät ist beendet: Reveille kennt es nicht mehr.", "Richte es neu ein."],
	disconnected: ({ domain }) => [
		`Die Verbindung zu ${domain} ist weg, oder eine Antwort kam nicht rechtzeitig.`,
		"Versuch es noch einmal.",
	],
	"http-away": () => ["Reveille antwortet nicht.", "Prüf dein Netz, dann versuch es noch einmal."],
	"push-service-away": ({ reason }) => [
		`Dieser Browser erreicht den Push-Dienst seines Herstellers nicht${because(reason)}.`,
		"Prüf dein Netz: vielleicht sperrt ihn eine Firewall. Manche Ausgaben von Chromium haben keinen Push-Dienst: nimm einen anderen Browser.",
	],
	"browser-refused": ({ reason }) => [
		`Dieser Browser hat etwas abgelehnt${because(reason)}.`,
		"Vielleicht liegt es an einem privaten Fenster. Öffne die Seite in einem gewöhnlichen Fenster.",
	],
};

/** Reveille's sentence says what to do; a condition alone does not. */
const whatToDo = (reason: string) =>
	/\s/.test(reason)
		? `Es sagt: „${reason}“`
		: `Versuch es in ein paar Minuten noch einmal${because(reason)}.`;

export const de: Texts = {
	lang: "de",
	language: "Deutsch",
	skip: "Zum Inhalt",
	about: "Über diesen Server",
	languages: "Sprachen",
	faults,

	steps: {
		label: "Schritte",
		done: "erledigt",
		"sign-in": "Adresse",
		server: "Server",
		allow: "Erlauben",
		test: "Test",
	},
	copy: "Kopieren",
	copied: "Kopiert",
	copyFailed: "Dieser Browser hat es nicht kopiert. Markiere den Text und kopiere ihn selbst.",
	copyThat: (what) => `Kopieren: ${what}`,
	stop: "Abbrechen",
	back: "Zurück",
	tryAgain: "Noch einmal versuchen",
	loading: "Einen Moment",

	signIn: {
		title: "Lass dich von deinen Nachrichten wecken",
		lead: "Melde dich einmal mit deinem XMPP-Konto an. Von da an zeigt dieses Gerät eine Mitteilung, wenn eine Nachricht kommt.",
		jid: "XMPP-Adresse",
		jidHint: "Zum Beispiel romeo@example.net",
		jidMistake: "Das ist keine XMPP-Adresse. Sie sieht aus wie romeo@example.net.",
		password: "Passwort",
		passwordHint: "Es geht nur an deinen eigenen Server. Diese Seite vergisst es nach dem Einrichten.",
		passwordMissing: "Gib das Passwort deines XMPP-Kontos ein.",
		go: "Weiter",
		own: "Ich habe ein eigenes Programm",
		who: "Wer diese Seite betreibt",
		whoRuns: "Der Betreiber von {host} betreibt sie.",
		keeps:
			"Reveille behält deine Adresse, die Push-Adresse dieses Geräts und Zeiten. Ein Push, der warten muss, bleibt, bis er gesendet ist. Dein Passwort kommt nie dorthin.",
		without: "Ohne Passwort einrichten",
	},

	finding: {
		title: "Dein Server wird gesucht",
		lead: "Das dauert ein paar Sekunden. Es ist nichts zu tun.",
		checks: "Was geprüft wird",
		find: (domain) => `${domain} wird gesucht`,
		found: (domain) => `${domain} ist gefunden`,
		signIn: "Du wirst angemeldet",
		signedIn: "Du bist angemeldet",
		as: "als {jid}",
		push: "Kann dein Server Pushs senden?",
		asking: "Kann dein Server Pushs senden? Er wird gefragt",
	},

	address: {
		title: "Wo ist dein Server?",
		lead: (domain) =>
			`Dieser Browser fand den XMPP-Server von ${domain} nicht von selbst. Dein Admin kennt die Adresse.`,
		label: "Adresse des Servers",
		hint: "Sie beginnt mit wss:// und endet oft mit /ws oder /xmpp-websocket",
		notWss: "Das ist keine solche Adresse. Sie beginnt mit wss://",
		go: "Diese Adresse versuchen",
		cure: (domain) => `Was der Admin von ${domain} tun kann`,
		cureText: "Mit diesen Zeilen muss niemand mehr eine Adresse eingeben.",
		prosodyNote:
			"Prosody 13 hat beide Module. Prosody 0.12 hat websocket, sagt Browsern aber keine Adresse: dort kann der Betreiber dieser Seite den Server nennen (WEB_APP_SERVERS).",
		ejabberdNote: "Beim Listener, der https an Port 443 beantwortet.",
	},

	invite: {
		there: (host) => `Du hast eine Einladung zu ${host}. Sie gilt, sobald du dich anmeldest.`,
		title: "Du brauchst eine Einladung",
		lead: (host, domain) =>
			`${host} nimmt Konten von ${domain} nur mit Einladung. Frag den Betreiber, oder wer dir diese Seite genannt hat.`,
		label: "Code der Einladung",
		hint: "12 Buchstaben und Ziffern, oder der ganze Link",
		go: "Weiter",
	},

	missing: {
		title: "Dein Server kann noch keine Pushs senden",
		lead: (domain) => `Adresse und Passwort stimmen. Bei ${domain} fehlt Push. Der Admin kann es ergänzen.`,
		checked: "Was geprüft wurde",
		notThere: "Push ist nicht da",
		askedFor: "Gefragt nach: urn:xmpp:push:0",
		send: (domain) => `Schick das dem Admin von ${domain}`,
		added: "Füge die Zeilen den Listen hinzu, die in ihnen genannt sind.",
		prosodyNote:
			"Prosody 0.12 und ältere brauchen dafür prosody-modules. Bei Debian: apt install prosody-modules.",
		linesFor: (server) => `die Zeilen für ${server}`,
		after:
			"Danach starte Prosody neu (Neuladen genügt nicht); ejabberd lädt seine Konfiguration neu. Die Nutzer müssen nichts tun.",
		again: "Noch einmal fragen",
		other: "Andere Adresse nehmen",
		choices: "Was du tun kannst",
		notAdmin: "Du bist nicht der Admin?",
		notAdminText: "Schick ihm die Zeilen. Es ist schnell getan, und dann haben es alle Nutzer des Servers.",
		cannotWait: "Du kannst nicht warten?",
		cannotWaitText: "Ein Konto bei einem anderen Server geht auch.",
	},

	allow: {
		title: "Mitteilungen erlauben",
		lead: "Gleich fragt dein Browser. Wähle „Erlauben“. Du kannst es jederzeit zurücknehmen.",
		dismissed: "Die Frage wurde ohne Antwort geschlossen. Drück noch einmal den Knopf und wähle „Erlauben“.",
		name: "Name dieses Geräts",
		nameHint: "So steht es in der Liste deiner Geräte.",
		nameMissing: "Gib diesem Gerät einen Namen.",
		go: "Mitteilungen erlauben",
		see: "Was du sehen wirst",
		sample: "Eine Mitteilung",
		sampleFrom: "Julia",
		sampleWhen: "jetzt",
		sampleText: "Bist du nicht Romeo?",
		seeText:
			"Eine Mitteilung je Person. Eine zweite Nachricht zählt hoch. Ein Tipp öffnet deinen Chat. Ob Absender und Text mitkommen, entscheidet dein Server.",
		secret: "Auf dem Weg durch den Push-Dienst ist der Inhalt für diesen Browser verschlüsselt.",
	},

	denied: {
		title: "Dieser Browser sperrt Mitteilungen",
		lead: (host) => `Für ${host} wurde „Blockieren“ gewählt. Das kannst nur du im Browser ändern.`,
		how: [
			"Klick auf das Zeichen vor der Adresse, oben im Fenster.",
			"Stell „Benachrichtigungen“ auf „Erlauben“.",
			"Komm zurück und drück den Knopf.",
		],
		howInstalled: [
			"Öffne die Einstellungen dieses Geräts, dann die Mitteilungen von Reveille.",
			"Stell sie auf „Erlauben“.",
			"Komm zurück und drück den Knopf.",
		],
	},

	registering: {
		title: "Dieses Gerät wird eingerichtet",
		lead: "Das dauert ein paar Sekunden. Es ist nichts zu tun.",
		subscribe: ["Dieser Browser bekommt eine Push-Adresse", "Dieser Browser hat eine Push-Adresse"],
		register: ["Reveille lernt dieses Gerät kennen", "Reveille kennt dieses Gerät"],
		enable: ["Dein Server schaltet Push ein", "Dein Server hat Push eingeschaltet"],
		"sign-in-again": ["Noch eine Anmeldung, für den Test", "Bereit für den Test"],
	},

	stopped: {
		title: "Das ging nicht",
		other: "Andere Adresse nehmen",
	},

	install: {
		title: "Leg diese Seite auf den Home-Bildschirm",
		lead: "Dann lässt dein iPhone oder iPad sie Mitteilungen zeigen. Es dauert eine Minute.",
		add: "1. Seite hinzufügen",
		addHow: [
			"Tipp in Safari auf „Teilen“: das Viereck mit dem Pfeil nach oben.",
			"Wähle „Zum Home-Bildschirm“, dann „Hinzufügen“.",
		],
		open: "2. Reveille dort öffnen",
		openText:
			"Melde dich auf der neuen Seite an: was du hier eingegeben hast, kennt sie nicht. Tipp dann auf „Mitteilungen erlauben“.",
		why: "Warum ist das nötig?",
		whyText:
			"Auf iPhone und iPad lässt Apple eine Seite nur Mitteilungen zeigen, wenn sie auf dem Home-Bildschirm liegt. Nötig ist iOS 16.4 oder neuer.",
	},

	copyValues: {
		title: "Ohne Passwort einrichten",
		lead: "Dein eigenes Programm schaltet Push ein. Diese Seite sieht dein Passwort nie.",
		forWhom: "Für wen ist das?",
		forWhomText:
			"Für alle, die Push in einem eigenen Programm einschalten, und für alle, die auf fremden Seiten kein Passwort eingeben.",
		jid: "XMPP-Adresse",
		jidHint: "Diese Seite behält sie, um deine Konten zu unterscheiden. Sie meldet sich nicht an.",
		start: "Werte holen",
		instead: "Doch hier anmelden",
		threeTitle: "Kopiere diese drei Werte",
		threeLead:
			"Gib sie deinem Programm, wo es nach einem Push-Server fragt. Dann wird dieser Browser geweckt.",
		address: "Adresse",
		node: "Node",
		secret: "Secret",
		test: "Test-Push senden",
		commandTitle: "Melde diesen Browser in deinem Programm an",
		commandLead: "Dein Programm braucht Ad-hoc-Befehle (XEP-0050). Gajim, Psi und Converse haben sie.",
		commandHow: (address) => [
			`Öffne in deinem Programm die Befehle von ${address}.`,
			"Wähle den, der einen Browser für Web Push anmeldet. Gib ihm die Werte von unten.",
			"Die Antwort hat eine Adresse, einen Node und ein Secret. Schalte damit in deinem Programm Push ein.",
		],
		command: "Befehl",
		endpoint: "Push-Adresse",
		p256dh: "Schlüssel (p256dh)",
		auth: "Geheimnis (auth)",
	},

	test: {
		runningTitle: "Ein Test-Push ist unterwegs",
		runningLead: "Er geht den Weg, den der Push einer Nachricht geht. Das dauert ein paar Sekunden.",
		doneTitle: "Es geht: du wirst geweckt",
		doneLead: "Der Test-Push brauchte {time}, von deinem Server bis in diesen Browser.",
		way: "Der Weg des Test-Pushs",
		server: (domain) => `Dein Server, ${domain}`,
		reveille: (host) => `Reveille, ${host}`,
		pushService: (maker) => `Der Push-Dienst von ${maker}`,
		thisBrowser: "Dieser Browser",
		shown: "Die Mitteilung ist auf deinem Bildschirm.",
		waits: "Wartet",
		lateTitle: "Der Test-Push kommt nicht an",
		stoppedAt: {
			server: (domain) => `${domain} hat den Push nicht weitergegeben.`,
			reveille: () => "Reveille hat den Push noch nicht gesendet. Es behält ihn und versucht es wieder.",
			"push-service": (maker) => `Der Push-Dienst von ${maker} nahm den Push nicht an.`,
			browser: () => "Der Push-Dienst nahm den Push an, und dieser Browser hat ihn nicht gezeigt.",
		},
		todo: {
			server: "Versuch es noch einmal. Bleibt es so, sag es dem Admin deines Servers.",
			reveille:
				"Versuch es in ein paar Minuten noch einmal. Bleibt es so, sag es dem Betreiber dieser Seite.",
			"push-service":
				"Versuch es in ein paar Minuten noch einmal. Bleibt es so, sag es dem Betreiber dieser Seite.",
			browser:
				"Sieh nach, ob „Nicht stören“ an ist, und ob das System diesen Browser Mitteilungen zeigen lässt. Dann teste noch einmal.",
		},
		said: (words) => `Er sagt: ${words}`,
		handedOver: "Der Push-Dienst nahm den Test-Push an. Sieh auf das andere Gerät: es zeigt ihn.",
		devices: "Deine Geräte ansehen",
		again: "Noch einmal testen",
		forOperator: "Text für den Betreiber",
		know: "Gut zu wissen",
		knowText:
			"Öffne diese Seite ab und zu. Ein Browser kann eine Seite vergessen, die monatelang niemand öffnet. Eine Mitteilung erinnert dich rechtzeitig.",
		canDo: "Was du tun kannst",
		closeText: "Du kannst diese Seite schließen: das Gerät ist eingerichtet.",
		body: "Test-Push",
	},

	accounts: "Konten",
	addAccount: "Konto hinzufügen",

	devices: {
		title: "Deine Geräte",
		leadAll: (works, ended) =>
			(works === 0
				? "Kein Gerät wird geweckt, wenn eine Nachricht kommt."
				: `${count(works, "Ein Gerät wird", "Geräte werden")} geweckt, wenn eine Nachricht kommt.`) +
			(ended === 0 ? "" : ` ${count(ended, "Eines ist", "sind")} beendet.`),
		leadOwn: "Dieses Gerät wird geweckt, wenn eine Nachricht für {jid} kommt.",
		leadEnded: "Dieses Gerät wird für {jid} nicht mehr geweckt.",
		label: "Geräte",
		thisDevice: "Dieses Gerät",
		state: { works: "Geht", failing: "Gestört", ended: "Beendet", new: "Neu", unknown: "Unbekannt" },
		lastPush: (when) => `Letzter Push ${when}.`,
		noPush: "Noch kein Push.",
		failed: (words) => `Der letzte Push kam nicht an: ${words}`,
		failedNoWords: "Der letzte Push kam nicht an.",
		app: (name) => `Angemeldet bei „${name}“.`,
		renewed: (when) => `Die Push-Adresse des Browsers wurde ${when} erneuert.`,
		gone: "Reveille kennt es nicht mehr. Richte es neu ein.",
		accountRemoved: "Das Konto wurde auf seinem Server gelöscht.",
		others: "Deine anderen Geräte",
		othersText: "Gib dein Passwort ein, um sie zu sehen. Es wird nicht behalten.",
		showAll: "Alle Geräte zeigen",
		nowAll:
			"Du siehst alle Geräte, weil du dich gerade angemeldet hast. Später zeigt diese Seite nur dieses Gerät, bis du das Passwort wieder eingibst.",
		listOf: (when) => `Die Liste ist von ${when}.`,
		offline: "Du bist offline.",
		offlineText: "Du siehst, was vorher bekannt war. Ist das Netz wieder da, wird neu gefragt.",
		offlineList: (when) => `Du siehst die Liste von ${when}. Ist das Netz wieder da, wird neu gefragt.`,
		blocked: "Dieser Browser sperrt Mitteilungen.",
		blockedText:
			"Stell für diese Seite im Browser „Benachrichtigungen“ auf „Erlauben“. Öffne dann diese Seite noch einmal.",
		again: "Jetzt noch einmal fragen",
		emptyTitle: "Noch wird nichts geweckt",
		emptyText: "Für {jid} ist kein Gerät eingerichtet. Richte diesen Browser ein: es dauert eine Minute.",
		setUp: "Diesen Browser einrichten",
		topic: "Ein ntfy-Thema hinzufügen",
		topicText: "Für ein Telefon mit der ntfy-App: die App zeigt die Mitteilungen, ohne diese Seite.",
		topicLabel: "Adresse des Themas",
		topicMistake:
			"Das ist keine solche Adresse. Sie beginnt mit https:// und endet mit dem Namen des Themas.",
		topicAdd: "Thema hinzufügen",
		topicAdded:
			"Das Thema ist hinzugefügt und wird ab jetzt geweckt. Gib dein Passwort wieder ein, um andere Geräte zu ändern.",
		ended: (name) => `„${name}“ ist beendet.`,
		endedHere: (name) =>
			`„${name}“ ist bei Reveille beendet. Dein Server merkt es mit der nächsten Nachricht.`,
	},

	device: {
		all: "Alle Geräte",
		lead: (when) => `Der letzte Push kam ${when} an.`,
		leadNone: "Noch kam kein Push an.",
		leadUnknown: "Reveille hat noch nicht gesagt, wann der letzte Push ankam.",
		leadFailing: "Der letzte Push kam nicht an.",
		leadEnded: "Dieses Gerät ist beendet. Es wird nicht mehr geweckt.",
		test: "Test",
		lastTest: (when, took) => `${when}: ${took}`,
		sendTest: "Test-Push senden",
		testing: "Der Test-Push ist unterwegs",
		took: (time) => `Der Test-Push brauchte ${time}.`,
		name: "Name und Mitteilungen",
		nameLabel: "Name dieses Geräts",
		rename: "Umbenennen",
		renamed: "Der Name ist geändert.",
		low: "Auch bei Anrufen wecken",
		lowHint:
			"Dann zeigt es auch eine Zeile, wenn du eine Nachricht woanders liest. Anrufe bei ejabberd-Servern brauchen das.",
		lowOn: "Es wird auch bei Anrufen geweckt.",
		lowOff: "Es wird nur bei Nachrichten geweckt.",
		details: "Einzelheiten",
		account: "Konto",
		setUp: "Eingerichtet",
		renewed: "Erneuert",
		pushService: "Push-Dienst",
		invite: "Eingelassen durch die Einladung",
		content: "Absender und Text",
		contentEncrypted: "Von deinem Server für diesen Browser verschlüsselt",
		contentPublished: "Wie dein Server sie veröffentlicht",
		app: "Angemeldet bei",
		lastError: "Letzter Fehler",
		none: "Keiner",
		end: "Dieses Gerät beenden",
		endText: "Es wird nicht mehr geweckt. Deine Nachrichten und dein Konto bleiben, wie sie sind.",
		endTitle: (name) => `„${name}“ beenden?`,
		endOwn: "Dieser Browser zeigt keine Mitteilungen mehr für {jid}. Du kannst ihn jederzeit neu einrichten.",
		endOther:
			"Es zeigt keine Mitteilungen mehr für {jid}. Du kannst es jederzeit neu einrichten, auf dem Gerät selbst.",
		endLater: "Jetzt erfährt es nur Reveille. Dein Server merkt es mit der nächsten Nachricht.",
		keep: "Behalten",
		forget: "Aus der Liste nehmen",
		setUpAgain: "Neu einrichten",
		notHere: "Dieses Gerät steht nicht in der Liste",
		notHereText:
			"Es ist beendet, oder die Liste war nach einer Anmeldung zu sehen. Gib dein Passwort ein, um es zu sehen.",
	},

	obstacle: {
		insecure: {
			title: "Diese Seite braucht https",
			text: "Browser erlauben Mitteilungen nur auf https-Seiten. Öffne die Seite mit https:// davor. Geht das nicht, sag es dem Betreiber.",
		},
		"no-service-workers": {
			title: "Dieser Browser kann nicht geweckt werden",
			text: "Er hat keine Service Worker, oder sie sind abgeschaltet. Manche privaten Fenster haben keine. Öffne die Seite in einem gewöhnlichen Fenster oder in einem anderen Browser.",
		},
		"no-push": {
			title: "Dieser Browser hat kein Push",
			text: "Er kann nicht geweckt werden, während die Seite zu ist. Nimm Firefox, Chrome, Edge oder Safari in einer neueren Ausgabe. Auf iPhone und iPad ist iOS 16.4 oder neuer nötig.",
		},
		"no-storage": {
			title: "Dieser Browser behält nichts für diese Seite",
			text: "Die Seite kann sich dieses Gerät nicht merken. Vielleicht liegt es an einem privaten Fenster oder an einer Einstellung, die Speicher sperrt. Öffne die Seite in einem gewöhnlichen Fenster.",
		},
		"settings-away": {
			title: "Reveille antwortet nicht",
			text: "Die Seite ist da, der Server dahinter nicht. Prüf dein Netz, dann versuch es noch einmal.",
		},
		"web-push-off": {
			title: "Web Push ist hier aus",
			text: "Dieses Reveille weckt keine Browser. Sein Betreiber kann es einschalten: die App „webpush“ braucht einen VAPID-Schlüssel.",
		},
		"xmpp-off": {
			title: "Kein XMPP-Server ist verbunden",
			text: "Dieses Reveille ist noch mit keinem XMPP-Server verbunden. Sein Betreiber richtet das zuerst ein.",
		},
	},
};
