/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What somebody sees who opens the server's address in a browser. */
import type { AppDeps, Readiness } from "../deps.ts";
import { isReady } from "../health.ts";
import { Page } from "../page.tsx";
import { WEB_APP_PATH } from "../web-app.ts";

const State = ({ name, state }: { name: string; state: true | string }) => (
	<tr>
		<td>{name}</td>
		<td>{state === true ? "works" : state}</td>
	</tr>
);

/** The page, with what works and what does not. */
export function LandingPage({
	deps,
	readiness,
	nonce,
}: {
	deps: AppDeps;
	readiness: Readiness;
	nonce: string;
}) {
	const { database, xmpp } = readiness;
	return (
		<Page title="Reveille" nonce={nonce}>
			<h1>Reveille</h1>
			<p class="dim">Wakes sleeping XMPP apps. Version {deps.version}.</p>
			<p>
				This is an app server for push notifications (XEP-0357). Apps register their devices here; the user's
				own XMPP server publishes a notification, and this server wakes the device through its push service.
			</p>
			{deps.webApp && (
				<p>
					You have an XMPP account: <a href={WEB_APP_PATH}>the web app</a> has this browser or phone show a
					notification when a message comes.
				</p>
			)}
			<h2>{isReady(readiness) ? "It is ready" : "It is not ready"}</h2>
			<div class="scroll">
				<table>
					<State name="Database" state={database} />
					{xmpp !== undefined && <State name="XMPP" state={xmpp} />}
					<State name="Push address" state={deps.pushAddress ?? "not set: nobody can register yet"} />
				</table>
			</div>
			<p>
				<a href="/docs">How to register</a> · <a href="/openapi.json">OpenAPI</a> ·{" "}
				<a href="/ready">Readiness</a>
			</p>
		</Page>
	);
}
