/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The registrations as the operator's pages show them: without what one could push with. */

import { plainReason } from "../../registering/plain-reason.ts";
import type { RegistrationList } from "../../store/registrations/list.ts";
import type { Registration } from "../../types.ts";
import { maskedToken, shortNode } from "../masking.ts";

/** To the minute, UTC. */
const Time = ({ at }: { at: number | undefined }) => {
	if (at === undefined) return <span class="dim">never</span>;
	const iso = new Date(at).toISOString();
	return <time datetime={iso}>{iso.slice(0, 16).replace("T", " ")}</time>;
};

const LastError = ({ lastErrorAt, lastError }: Registration) => (
	<>
		<Time at={lastErrorAt} />
		{lastError !== undefined && <> {plainReason(lastError)}</>}
	</>
);

const COLUMNS = ["Node", "App", "Dialect", "Owner", "Registered", "Renewed", "Last success", "Last error"];

/** A row for each registration; on a narrow screen, a card. */
export function RegistrationTable({ list, path }: { list: RegistrationList; path: string }) {
	const cells = (registration: Registration) => {
		const { node, app, dialect, owner, registeredAt, renewedAt, lastSuccessAt } = registration;
		return [
			<a href={`${path}/${encodeURIComponent(node)}`}>{shortNode(node)}</a>,
			app,
			dialect ?? "HTTP",
			owner || <span class="dim">nobody</span>,
			<Time at={registeredAt} />,
			<Time at={renewedAt} />,
			<Time at={lastSuccessAt} />,
			<LastError {...registration} />,
		];
	};
	return (
		<table class="cards">
			<thead>
				<tr>
					{COLUMNS.map((name) => (
						<th scope="col">{name}</th>
					))}
				</tr>
			</thead>
			<tbody>
				{list.registrations.map((registration) => (
					<tr>
						{cells(registration).map((cell, i) => (
							<td data-label={COLUMNS[i]}>
								<span>{cell}</span>
							</td>
						))}
					</tr>
				))}
			</tbody>
		</table>
	);
}

/** All there is to know of one. */
export function RegistrationDetails({ registration }: { registration: Registration }) {
	const { node, jid, app, dialect, owner, muc, device, deviceName, classes, token, voipToken } = registration;
	const { applicationId, p256dh, title, navigate, registeredAt, renewedAt, lastSuccessAt } = registration;
	const facts = Object.entries({
		Node: shortNode(node),
		Secret: "not shown",
		"Push address": jid,
		App: app,
		Dialect: dialect ?? "HTTP",
		Owner: owner || "nobody",
		Room: muc,
		Device: device,
		"Its name": deviceName,
		"Classes of pushes": classes?.join(", "),
		Token: maskedToken(token),
		"Token for calls": voipToken && maskedToken(voipToken),
		Application: applicationId,
		Encrypted: p256dh === undefined ? "no" : "yes",
		"Title of its notifications": title,
		"A tap opens": navigate,
		Registered: <Time at={registeredAt} />,
		Renewed: <Time at={renewedAt} />,
		"Last success": <Time at={lastSuccessAt} />,
		"Last error": <LastError {...registration} />,
	});
	return (
		<table>
			{facts
				.filter(([, value]) => value !== undefined)
				.map(([name, value]) => (
					<tr>
						<th scope="row">{name}</th>
						<td>{value}</td>
					</tr>
				))}
		</table>
	);
}
