/** English. Short sentences: what is, then what to do. */
import { because, httpsOf } from "./strangers-words.ts";
import type { FaultTexts } from "./texts.ts";

const count = (n: number, one: string, many: string) =>
	n === 1 ? one : `${new Intl.NumberFormat("en").format(n)} ${many}`;

const faults: FaultTexts = {
	"no-server-known": ({ domain }) => [
		`${domain} does not tell browsers where its XMPP server is.`,
		"Type the address of the server. Your admin knows it.",
	],
	"server-unreachable": ({ service }) => [
		`No answer from ${service}, or its certificate is not valid.`,
		`Open ${httpsOf(service)} in this browser. If it warns of the certificate, accept it there. Then come back and try again.`,
	],
	"domain-unknown": ({ domain }) => [
		`The server is there, but it does not serve ${domain}.`,
		"Look at the part behind the @.",
	],
	"wrong-password": ({ domain }) => [`${domain} does not accept this password.`, "Type it again."],
	"login-refused": ({ domain, reason }) => [
		`${domain} refuses to sign you in${because(reason)}.`,
		"Ask the admin of your server.",
	],
	"no-safe-login": ({ domain }) => [
		`${domain} offers no way to sign in that keeps your password secret.`,
		"Your password was not sent. Ask the admin to allow SCRAM.",
	],
	"server-unproven": ({ domain }) => [
		`The server did not prove that it is ${domain}.`,
		"Somebody may stand in between. Try again in another network, and tell your admin.",
	],
	"no-push": ({ domain }) => [`${domain} cannot send pushes yet.`, "Its admin can add that."],
	"enable-refused": ({ domain, reason }) => [
		`${domain} has push, and refuses to switch it on${because(reason)}.`,
		"Ask the admin of your server.",
	],
	"reveille-away": ({ address }) => [
		`${address} does not answer. It is away, or your server cannot reach it.`,
		"Try again in a few minutes. If it stays so, tell the operator of this page and your admin.",
	],
	"not-allowed": ({ address, domain }) => [
		`${address} does not take accounts of ${domain}.`,
		"Ask the operator of this page to allow your server.",
	],
	"invite-needed": ({ address, domain }) => [
		`${address} takes accounts of ${domain} with an invite only.`,
		"Ask the operator of this page for one.",
	],
	"no-invite": ({ reason }) => ["This invite does not let you in.", reason],
	"reveille-refused": ({ reason }) => [
		`Reveille refuses this${because(reason)}.`,
		"Tell the operator of this page.",
	],
	"not-now": ({ reason }) => ["Reveille cannot do this now.", whatToDo(reason)],
	ended: () => ["This device has ended: Reveille does not know it any more.", "Set it up again."],
	disconnected: ({ domain }) => [
		`The connection to ${domain} was lost, or an answer did not come in time.`,
		"Try again.",
	],
	"http-away": () => ["Reveille does not answer.", "Look at your network, then try again."],
	"push-service-away": ({ reason }) => [
		`This browser cannot reach the push service of its maker${because(reason)}.`,
		"Look at your network: a firewall may block it. Some builds of Chromium have no push service: use another browser.",
	],
	"browser-refused": ({ reason }) => [
		`This browser refused something${because(reason)}.`,
		"A private window may be why. Open the page in a usual window.",
	],
};

/** Reveille's sentence says what to do; a condition alone does not. */
const whatToDo = (reason: string) =>
	/\s/.test(reason) ? `It says: ${reason}` : `Try again in a few minutes${because(reason)}.`;

export const en = {
	lang: "en",
	language: "English",
	skip: "Go to the content",
	about: "About this server",
	languages: "Languages",
	faults,

	steps: {
		label: "Steps",
		done: "done",
		"sign-in": "Address",
		server: "Server",
		allow: "Allow",
		test: "Test",
	},
	copy: "Copy",
	copied: "Copied",
	copyFailed: "This browser did not copy it. Select the text and copy it yourself.",
	copyThat: (what: string) => `Copy: ${what}`,
	stop: "Stop",
	back: "Back",
	tryAgain: "Try again",
	loading: "One moment",

	signIn: {
		title: "Be woken by your messages",
		lead: "Sign in once with your XMPP account. From then on this device shows a notification when a message comes.",
		jid: "XMPP address",
		jidHint: "For example romeo@example.net",
		jidMistake: "This is no XMPP address. It looks like romeo@example.net.",
		password: "Password",
		passwordHint: "It goes to your own server only. This page forgets it after the set-up.",
		passwordMissing: "Type the password of your XMPP account.",
		go: "Continue",
		own: "I have a client of my own",
		who: "Who runs this page",
		whoRuns: "The operator of {host} runs it.",
		keeps:
			"Reveille keeps your address, the push address of this device, and times. A push that has to wait is kept until it is sent. Your password never reaches it.",
		without: "Set up without a password",
	},

	finding: {
		title: "Finding your server",
		lead: "This takes a few seconds. There is nothing to do.",
		checks: "What is checked",
		find: (domain: string) => `Looking for ${domain}`,
		found: (domain: string) => `${domain} is found`,
		signIn: "Signing you in",
		signedIn: "You are signed in",
		as: "as {jid}",
		push: "Can your server send pushes?",
		asking: "Can your server send pushes? Asking now",
	},

	address: {
		title: "Where is your server?",
		lead: (domain: string) =>
			`This browser did not find the XMPP server of ${domain} by itself. Your admin knows the address.`,
		label: "Address of the server",
		hint: "It begins with wss:// and often ends with /ws or /xmpp-websocket",
		notWss: "This is no such address. It begins with wss://",
		go: "Try this address",
		cure: (domain: string) => `What the admin of ${domain} can do`,
		cureText: "With these lines nobody has to type an address any more.",
		prosodyNote:
			"Prosody 13 has both modules. Prosody 0.12 has websocket, and tells browsers no address: there the operator of this page can name the server (WEB_APP_SERVERS).",
		ejabberdNote: "At the listener that answers https at port 443.",
	},

	invite: {
		there: (host: string) => `You have an invite to ${host}. It is used when you sign in.`,
		title: "You need an invite",
		lead: (host: string, domain: string) =>
			`${host} does not take accounts of ${domain} without one. Ask its operator, or whoever told you of this page.`,
		label: "Code of the invite",
		hint: "12 letters and digits, or the whole link",
		go: "Go on",
	},

	missing: {
		title: "Your server cannot send pushes yet",
		lead: (domain: string) =>
			`Your address and password are right. Push is missing at ${domain}. Its admin can add it.`,
		checked: "What was checked",
		notThere: "Push is not there",
		askedFor: "Asked for: urn:xmpp:push:0",
		send: (domain: string) => `Send this to the admin of ${domain}`,
		added: "Add these lines to the lists that are named in them.",
		prosodyNote:
			"Prosody 0.12 and older need prosody-modules for it. On Debian: apt install prosody-modules.",
		linesFor: (server: string) => `the lines for ${server}`,
		after:
			"Then restart Prosody (a reload is not enough); ejabberd reloads its configuration. No user has to do anything.",
		again: "Ask again",
		other: "Use another address",
		choices: "Your choices",
		notAdmin: "You are not the admin?",
		notAdminText: "Send them the lines. It is a short task, and then all users of the server have it.",
		cannotWait: "You cannot wait?",
		cannotWaitText: "An account at another server works too.",
	},

	allow: {
		title: "Allow notifications",
		lead: "Your browser asks you next. Choose “Allow”. You can take it back at any time.",
		dismissed: "The question was closed without an answer. Press the button again and choose “Allow”.",
		name: "Name of this device",
		nameHint: "You see it in your list of devices.",
		nameMissing: "Give this device a name.",
		go: "Allow notifications",
		see: "What you will see",
		sample: "A notification",
		sampleFrom: "Juliet",
		sampleWhen: "now",
		sampleText: "Art thou not Romeo?",
		seeText:
			"One notification for each person. A second message adds a count. A tap opens your chat. Your server decides whether sender and text come along.",
		secret: "On its way through the push service the content is encrypted for this browser.",
	},

	denied: {
		title: "This browser blocks notifications",
		lead: (host: string) => `“Block” was chosen for ${host}. Only you can change that, in the browser.`,
		how: [
			"Click the icon in front of the address, at the top of the window.",
			"Set “Notifications” to “Allow”.",
			"Come back and press the button.",
		],
		howInstalled: [
			"Open the settings of this device, then the notifications of Reveille.",
			"Set them to “Allow”.",
			"Come back and press the button.",
		],
	},

	registering: {
		title: "Setting up this device",
		lead: "This takes a few seconds. There is nothing to do.",
		subscribe: ["This browser gets a push address", "This browser has a push address"],
		register: ["Reveille gets to know this device", "Reveille knows this device"],
		enable: ["Your server switches push on", "Your server has switched push on"],
		"sign-in-again": ["Signing in once more, for the test", "Ready for the test"],
	},

	stopped: {
		title: "This did not work",
		other: "Use another address",
	},

	install: {
		title: "Put this page on your Home Screen",
		lead: "Then your iPhone or iPad lets it show notifications. It takes a minute.",
		add: "1. Add the page",
		addHow: [
			"Tap “Share” in Safari: the square with an arrow that points up.",
			"Choose “Add to Home Screen”, then “Add”.",
		],
		open: "2. Open Reveille there",
		openText:
			"Sign in on the new page: it does not know what you typed here. Then tap “Allow notifications”.",
		why: "Why is this needed?",
		whyText:
			"On iPhone and iPad, Apple lets a page show notifications only when it is on the Home Screen. iOS 16.4 or later is needed.",
	},

	copyValues: {
		title: "Set up without a password",
		lead: "A client of your own switches push on. This page never sees your password.",
		forWhom: "For whom is this?",
		forWhomText:
			"For people who enable push in a client of their own, and for those who type no password on a page of somebody else.",
		jid: "XMPP address",
		jidHint: "This page keeps it, to tell your accounts apart. It does not sign in.",
		start: "Get the values",
		instead: "Sign in here instead",
		threeTitle: "Copy these three values",
		threeLead: "Give them to your client, where it asks for a push server. This browser is woken then.",
		address: "Address",
		node: "Node",
		secret: "Secret",
		test: "Send a test push",
		commandTitle: "Register this browser in your client",
		commandLead: "Your client needs ad-hoc commands (XEP-0050). Gajim, Psi and Converse have them.",
		commandHow: (address: string) => [
			`Open the commands of ${address} in your client.`,
			"Choose the one that registers a browser for Web Push. Give it the values below.",
			"The answer has an address, a node and a secret. Enable push with them in your client.",
		],
		command: "Command",
		endpoint: "Push address",
		p256dh: "Key (p256dh)",
		auth: "Secret (auth)",
	},

	test: {
		runningTitle: "A test push is on its way",
		runningLead: "It goes the way of a message’s push. This takes a few seconds.",
		doneTitle: "It works: you will be woken",
		doneLead: "The test push took {time}, from your server to this browser.",
		way: "The way of the test push",
		server: (domain: string) => `Your server, ${domain}`,
		reveille: (host: string) => `Reveille, ${host}`,
		pushService: (maker: string) => `${maker}’s push service`,
		thisBrowser: "This browser",
		shown: "The notification is on your screen.",
		waits: "Waits",
		lateTitle: "The test push is late",
		stoppedAt: {
			server: (domain: string) => `${domain} did not pass the push on.`,
			reveille: () => "Reveille has not sent the push yet. It keeps the push and tries again.",
			"push-service": (maker: string) => `The push service of ${maker} did not take the push.`,
			browser: () => "The push service took the push, and this browser has not shown it.",
		},
		todo: {
			server: "Try again. If it stays so, tell the admin of your server.",
			reveille: "Try again in a few minutes. If it stays so, tell the operator of this page.",
			"push-service": "Try again in a few minutes. If it stays so, tell the operator of this page.",
			browser:
				"Look whether “Do not disturb” is on, and whether the system lets this browser show notifications. Then test again.",
		},
		said: (words: string) => `It says: ${words}`,
		handedOver: "The push service took the test push. Look at the other device: it shows it.",
		devices: "See your devices",
		again: "Test again",
		forOperator: "Text for the operator",
		know: "Good to know",
		knowText:
			"Open this page once in a while. A browser may drop a page that nobody opens for months. A notification reminds you in time.",
		canDo: "What you can do",
		closeText: "You may close this page: the device is set up.",
		body: "Test push",
	},

	accounts: "Accounts",
	addAccount: "Add an account",

	devices: {
		title: "Your devices",
		leadAll: (works: number, ended: number) =>
			(works === 0
				? "No device is woken when a message comes."
				: `${count(works, "One device is", "devices are")} woken when a message comes.`) +
			(ended === 0 ? "" : ` ${count(ended, "One has", "have")} ended.`),
		leadOwn: "This device is woken when a message comes for {jid}.",
		leadEnded: "This device is not woken any more for {jid}.",
		label: "Devices",
		thisDevice: "This device",
		state: { works: "Works", failing: "Failing", ended: "Ended", new: "New", unknown: "Not known" },
		lastPush: (when: string) => `Last push ${when}.`,
		noPush: "No push yet.",
		failed: (words: string) => `The last push failed: ${words}`,
		failedNoWords: "The last push failed.",
		app: (name: string) => `Registered at “${name}”.`,
		renewed: (when: string) => `The browser’s push address was renewed ${when}.`,
		gone: "Reveille does not know it any more. Set it up again.",
		accountRemoved: "The account was removed from its server.",
		others: "Your other devices",
		othersText: "Give your password to see them. It is not kept.",
		showAll: "Show all devices",
		nowAll:
			"You see all devices because you have just signed in. Later this page shows this device only, until you give the password again.",
		listOf: (when: string) => `The list is of ${when}.`,
		offline: "You are offline.",
		offlineText: "You see what was known before. It is asked for again when the network is back.",
		offlineList: (when: string) =>
			`You see the list of ${when}. It is asked for again when the network is back.`,
		blocked: "This browser blocks notifications.",
		blockedText: "Set “Notifications” to “Allow” for this page in the browser. Then open this page again.",
		again: "Ask again now",
		emptyTitle: "Nothing is woken yet",
		emptyText: "No device is set up for {jid}. Set up this browser: it takes a minute.",
		setUp: "Set up this browser",
		topic: "Add an ntfy topic",
		topicText: "For a phone with the ntfy app: the app shows the notifications, without this page.",
		topicLabel: "Address of the topic",
		topicMistake: "This is no such address. It begins with https:// and ends with the name of the topic.",
		topicAdd: "Add topic",
		topicAdded:
			"The topic is added, and woken from now on. Give your password again to change other devices.",
		ended: (name: string) => `“${name}” has ended.`,
		endedHere: (name: string) =>
			`“${name}” has ended at Reveille. Your server notices with the next message.`,
	},

	device: {
		all: "All devices",
		lead: (when: string) => `The last push arrived ${when}.`,
		leadNone: "No push has arrived yet.",
		leadUnknown: "Reveille has not said yet when the last push arrived.",
		leadFailing: "The last push did not arrive.",
		leadEnded: "This device has ended. It is woken no more.",
		test: "Test",
		lastTest: (when: string, took: string) => `${when}: ${took}`,
		sendTest: "Send a test push",
		testing: "The test push is on its way",
		took: (time: string) => `The test push took ${time}.`,
		name: "Name and notifications",
		nameLabel: "Name of this device",
		rename: "Rename",
		renamed: "The name is changed.",
		low: "Wake it for calls too",
		lowHint:
			"Then it also shows a line when you read a message elsewhere. Calls at ejabberd servers need it.",
		lowOn: "It is woken for calls too.",
		lowOff: "It is woken for messages only.",
		details: "Details",
		account: "Account",
		setUp: "Set up",
		renewed: "Renewed",
		pushService: "Push service",
		invite: "Let in by the invite",
		content: "Sender and text",
		contentEncrypted: "Encrypted by your server for this browser",
		contentPublished: "As your server publishes them",
		app: "Registered at",
		lastError: "Last error",
		none: "None",
		end: "End this device",
		endText: "It is woken no more. Your messages and your account stay as they are.",
		endTitle: (name: string) => `End “${name}”?`,
		endOwn: "This browser shows no more notifications for {jid}. You can set it up again at any time.",
		endOther:
			"It shows no more notifications for {jid}. You can set it up again at any time, on the device itself.",
		endLater: "Only Reveille is told now. Your server notices with the next message.",
		keep: "Keep it",
		forget: "Take it off the list",
		setUpAgain: "Set it up again",
		notHere: "This device is not on the list",
		notHereText: "It has ended, or the list was shown after signing in. Give your password to see it.",
	},

	obstacle: {
		insecure: {
			title: "This page needs https",
			text: "Browsers allow notifications on https pages only. Open the page with https:// in front. If that does not work, tell the operator.",
		},
		"no-service-workers": {
			title: "This browser cannot be woken",
			text: "It has no service workers, or they are switched off. Some private windows have none. Open the page in a usual window, or in another browser.",
		},
		"no-push": {
			title: "This browser has no push",
			text: "It cannot be woken while the page is closed. Use Firefox, Chrome, Edge or Safari in a recent version. On iPhone and iPad, iOS 16.4 or later is needed.",
		},
		"no-storage": {
			title: "This browser keeps nothing for this page",
			text: "The page cannot remember this device. A private window, or a setting that blocks storage, may be why. Open the page in a usual window.",
		},
		"settings-away": {
			title: "Reveille does not answer",
			text: "The page is here, but the server behind it is not. Look at your network, then try again.",
		},
		"web-push-off": {
			title: "Web Push is off here",
			text: "This Reveille wakes no browsers. Its operator can switch it on: the app “webpush” needs a VAPID key.",
		},
		"xmpp-off": {
			title: "No XMPP server is connected",
			text: "This Reveille is not connected to an XMPP server yet. Its operator sets that up first.",
		},
	},
};
