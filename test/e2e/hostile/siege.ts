/** A real server, Reveille beside it, a hundred bystanders, and a stranger. */
import { startWebPushServer, type WebPushServer } from "../../peers/web-push-server.ts";
import { startWnsServer, type WnsServer } from "../../peers/wns-server.ts";
import { openScene, type Scene, type SceneOptions, type ServerName, type Transport } from "../scene.ts";
import { type Bystanders, bystanderNames, gatherBystanders } from "./bystanders.ts";
import { COMPONENT, letStrangerIn, NAME, type Stranger } from "./stranger.ts";

export interface Siege {
	readonly program: ServerName;
	readonly transport: Transport;
	readonly scene: Scene;
	/** A push service that nobody but its users knows: it is one of those that `*` allows. */
	readonly unnamed: WebPushServer;
	readonly wns: WnsServer;
	readonly stranger: Stranger;
	readonly bystanders: Bystanders;
	stop(): Promise<void>;
}

/** Full only where somebody fills it, and soon enough then. */
export const HOST_QUOTA = 2_000;

/** @param xmpp joined to the server's options */
export async function openSiege(
	program: ServerName,
	transport: Transport,
	xmpp: SceneOptions["xmpp"] = {},
): Promise<Siege> {
	const wns = startWnsServer();
	const unnamed = startWebPushServer({ address: "127.0.6.1" });
	const { credentials } = wns;
	const scene = await openScene(program, {
		transport,
		users: [NAME, NEWCOMER, ...bystanderNames()],
		xmpp: {
			components: [{ domain: "push.example.org", secret: "component-secret" }, COMPONENT],
			// Nobody is limited: what the server would slow down or refuse has to be borne.
			limits: "none",
			anyStanzaSize: true,
			resumeSeconds: 3600,
			resumeQueue: 5000,
			...xmpp,
		},
		settings: {
			// Everybody may register, over HTTP too, as at a public service.
			XMPP_ALLOW: "*",
			WEBPUSH_ALLOW_HOSTS: "127.0.0.1, *",
			WNS_ALLOW_PRIVATE: "true",
			MAX_REGISTRATIONS_PER_HOST: String(HOST_QUOTA),
			WNS_PACKAGE_SID: credentials.kind === "sid" ? credentials.packageSid : "",
			WNS_CLIENT_SECRET: credentials.clientSecret,
			WNS_TOKEN_URL: wns.tokenUrl,
			LOG_LEVEL: "info",
		},
	});
	const bystanders = await gatherBystanders({ scene, unnamed, wns });
	const stranger = await letStrangerIn(scene);
	return {
		program,
		transport,
		scene,
		unnamed,
		wns,
		stranger,
		bystanders,
		async stop() {
			await stranger.leave();
			await scene.stop();
			await unnamed.stop();
			await wns.stop();
		},
	};
}

/** A user who registers while the stranger is at it. */
export const NEWCOMER = "newcomer";
