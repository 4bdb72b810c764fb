/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The whole way of one push on the documentation's page: from subscribing to the notification that is shown. */
import { DEVICE_SECRET, JID, NODE, REGISTERED, SECRET } from "../api/examples.ts";

const SENDER = "juliet@example.org/balcony";
const BODY = "Wherefore art thou Romeo?";

/** A web app's own script. */
export const SUBSCRIBING = `const server = "https://reveille.example";
const { apps } = await (await fetch(server + "/api/v1/services")).json();
const worker = await navigator.serviceWorker.register("/worker.js");
const subscription = await worker.pushManager.subscribe({
  userVisibleOnly: true,
  applicationServerKey: apps.find((app) => app.vapidPublicKey).vapidPublicKey,
});
const answer = await fetch(server + "/api/v1/registrations", {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ subscription, deviceName: "Kitchen tablet" }),
});
const registered = await answer.json();`;

/** XEP-0357 §5: what the app sends to the user's server. */
export const ENABLING = `<iq type="set" id="enable-1">
  <enable xmlns="urn:xmpp:push:0" jid="${JID}" node="${NODE}">
    <x xmlns="jabber:x:data" type="submit">
      <field var="FORM_TYPE">
        <value>http://jabber.org/protocol/pubsub#publish-options</value>
      </field>
      <field var="secret">
        <value>${SECRET}</value>
      </field>
    </x>
  </enable>
</iq>`;

/** XEP-0357 §7: what the user's server sends here. */
export const PUBLISHING = `<iq type="set" id="push-1" from="example.org" to="${JID}">
  <pubsub xmlns="http://jabber.org/protocol/pubsub">
    <publish node="${NODE}">
      <item>
        <notification xmlns="urn:xmpp:push:0">
          <x xmlns="jabber:x:data" type="form">
            <field var="FORM_TYPE"><value>urn:xmpp:push:summary</value></field>
            <field var="message-count"><value>1</value></field>
            <field var="last-message-sender"><value>${SENDER}</value></field>
            <field var="last-message-body"><value>${BODY}</value></field>
          </x>
        </notification>
      </item>
    </publish>
    <publish-options>
      <x xmlns="jabber:x:data" type="submit">
        <field var="FORM_TYPE">
          <value>http://jabber.org/protocol/pubsub#publish-options</value>
        </field>
        <field var="secret"><value>${SECRET}</value></field>
      </x>
    </publish-options>
  </pubsub>
</iq>`;

/** What the browser has decrypted. */
export const CONTENT = { node: NODE, class: "high", count: 1, sender: SENDER, body: BODY };

/** The app's service worker, worker.js. */
export const SHOWING = `self.addEventListener("push", (event) => {
  const { node, sender = "Your account", body = "There is something new." } = event.data.json();
  event.waitUntil(self.registration.showNotification(sender, { body, tag: node }));
});`;

/** What a person sees. */
export const SHOWN = { title: SENDER, body: BODY };

/** The section. */
export function WorkedExample() {
	return (
		<section id="worked-example">
			<h2>One push, from subscribing to the notification</h2>
			<p>
				<b>1.</b> A web app asks its browser for a subscription, and registers it here. A server that does not
				let everybody register also asks for <a href="#security-registrationToken">a token</a>.
			</p>
			<pre>{SUBSCRIBING}</pre>
			<p>
				<code>registered</code> is then:
			</p>
			<pre>{JSON.stringify(REGISTERED, null, 2)}</pre>
			<p>
				<b>2.</b> The app keeps node and deviceSecret, and hands jid, node and secret to the user's own XMPP
				server (XEP-0357). The deviceSecret, here <code>{DEVICE_SECRET}</code>, goes to no server.
			</p>
			<pre>{ENABLING}</pre>
			<p>
				<b>3.</b> The user is away, and a message comes. The user's server publishes here that there is one.
				How much it tells of it is its operator's choice.
			</p>
			<pre>{PUBLISHING}</pre>
			<p>
				<b>4.</b> This server encrypts that for the browser, and sends it to the push service. The browser
				wakes the app's service worker, which reads:
			</p>
			<pre>{JSON.stringify(CONTENT, null, 2)}</pre>
			<p>
				<b>5.</b> The service worker shows it. Without sender and body, it shows that there is something, or
				fetches the message first.
			</p>
			<pre>{SHOWING}</pre>
			<p>
				<b>6.</b> The user sees “{SHOWN.title}” and below it “{SHOWN.body}”.
			</p>
		</section>
	);
}
