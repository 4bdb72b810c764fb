/** @jsxImportSource preact */
/** Is it well? One sentence, one glance, and below it what they stand on. */
import { AnswersChart, OutboxChart, PushesChart, Spark } from "../charts/overview-charts.tsx";
import { useConsole, useSession } from "../console.ts";
import { Badge } from "../parts/badge.tsx";
import { Card } from "../parts/card.tsx";
import { CopyBox } from "../parts/copy-box.tsx";
import { Empty } from "../parts/empty.tsx";
import { Shown } from "../parts/faults.tsx";
import { Heading } from "../parts/heading.tsx";
import { Name } from "../parts/names.tsx";
import { Periods } from "../parts/periods.tsx";
import { Table } from "../parts/table.tsx";
import { To } from "../parts/to.tsx";
import { Way } from "../parts/way.tsx";
import { hashOf, parseRoute } from "../routes.ts";
import { useLoaded } from "../use-loaded.ts";
import type { ConnectorView, Overview, Period, Trouble } from "../wire.ts";
import { CredentialsText, GateRows } from "./gates.tsx";

/** ms; a new minute is there once a minute */
const AGAIN_MS = 60_000;

const HEALTH: Readonly<Record<Overview["state"], string>> = {
	ok: "",
	warn: "warn",
	bad: "bad",
	empty: "idle",
};

export function OverviewScreen({ period }: { period: Period }) {
	const { api, formats } = useConsole();
	const loaded = useLoaded(period, () => api.overview(period), AGAIN_MS);
	const { value } = loaded;
	const isEmpty = value?.state === "empty";
	return (
		<>
			<div class="stack">
				<div class={`health ${value ? HEALTH[value.state] : "idle"}`}>
					<Heading title={value ? `Overview: ${value.title}` : "Overview"}>
						{value?.title ?? "Overview"}
					</Heading>
					{value?.text && <p class="any">{value.text}</p>}
				</div>
				{!isEmpty && (
					<div class="row spread">
						<Periods at="overview" current={period} />
						{value && (
							<span class="small muted" role="status">
								{loaded.isLoading
									? "Loading …"
									: `Up to ${formats.time(value.upTo)}. ${period === "hour" ? "A new minute is added by itself." : "New numbers are added by themselves."}`}
							</span>
						)}
					</div>
				)}
			</div>
			<Shown loaded={loaded}>{(overview) => <Numbers overview={overview} period={period} />}</Shown>
		</>
	);
}

function Numbers({ overview, period }: { overview: Overview; period: Period }) {
	const { troubles, way, state } = overview;
	return (
		<>
			{troubles.length > 0 && (
				<Card title="What to do">
					<ol class="rows">
						{troubles.map((trouble) => (
							<TroubleRow key={trouble.title} trouble={trouble} />
						))}
					</ol>
				</Card>
			)}
			<Card title="The way of a push, now" hush>
				<Way label="The way of a push" legs={way} />
			</Card>
			{state === "empty" ? (
				<Beginning overview={overview} />
			) : (
				<>
					<PushesChart {...overview} />
					<div class="grid2">
						<AnswersChart {...overview} />
						<OutboxChart {...overview} />
					</div>
					<Connectors connectors={overview.connectors} period={period} />
					<div class="grid2">
						<Card
							title="Gates"
							beside={
								<To class="small" route={{ at: "services", period }}>
									All push services
								</To>
							}
						>
							<GateRows gates={overview.gates} open={overview.gatesOpen} />
						</Card>
						<Card title="Credentials">
							<CredentialsText credentials={overview.credentials} />
						</Card>
					</div>
				</>
			)}
		</>
	);
}

function TroubleRow({ trouble: { title, state, text, copy, more } }: { trouble: Trouble }) {
	return (
		<li class="item">
			<span class="item-name">{title}</span>
			<span class="item-marks">
				{state === "bad" ? <Badge tone="bad">Act now</Badge> : <Badge tone="warn">Look at it</Badge>}
			</span>
			<span class="item-meta">
				{text} {more !== undefined && <a href={hashOf(parseRoute(`#/${more}`))}>Show it</a>}
			</span>
			{copy !== undefined && (
				<div class="item-meta">
					<CopyBox what={title} value={copy} />
				</div>
			)}
		</li>
	);
}

/** Nobody is registered yet: what there is, and what to do first. */
function Beginning({ overview }: { overview: Overview }) {
	const { webApp } = useSession();
	return (
		<>
			<Empty
				title="No push in the last hour"
				actions={
					webApp && (
						<>
							<a class="btn next" href="../app/">
								Open the web app
							</a>
							<To class="btn" route={{ at: "invites" }}>
								Make an invite
							</To>
						</>
					)
				}
			>
				The charts begin with the first push.{" "}
				{webApp
					? "To see one now, open the web app on your own phone."
					: "To see one now, register with an app that speaks to this server."}
			</Empty>
			<Card title="Push services">
				<Table
					caption="Push services that are on and off"
					columns={[{ name: "Push service" }, { name: "State", class: "mark" }, { name: "To turn it on" }]}
					rows={overview.services.map(({ name, isOn, turnOn }) => ({
						key: name,
						cells: [name, isOn ? <Badge tone="ok">On</Badge> : <Badge tone="off">Off</Badge>, turnOn],
					}))}
				/>
			</Card>
			<Card title="Connectors">
				<ConnectorTable connectors={overview.connectors} period="hour" />
			</Card>
		</>
	);
}

const Connectors = ({ connectors, period }: { connectors: readonly ConnectorView[]; period: Period }) => (
	<Card title="Connectors">
		{connectors.length === 0 ? (
			<p>No connector has said anything yet.</p>
		) : (
			<ConnectorTable connectors={connectors} period={period} />
		)}
	</Card>
);

function ConnectorTable({ connectors, period }: { connectors: readonly ConnectorView[]; period: Period }) {
	const { formats } = useConsole();
	return (
		<Table
			caption="Connectors"
			columns={[
				{ name: "Connector" },
				{ name: "State", class: "mark" },
				{ name: "XMPP" },
				{ name: `Pushes, last ${period}` },
				{ name: "p99", class: "end tile" },
				{ name: "Outbox", class: "end tile" },
				{ name: "Replica", class: "end tile" },
			]}
			rows={connectors.map((one) => ({
				key: one.name,
				cells: [
					<Name key="name" name={one.name} />,
					one.isOnline ? <Badge tone="ok">Online</Badge> : <Badge tone="bad">Offline</Badge>,
					<Addresses key="addresses" connector={one} />,
					<Spark key="spark" delivered={one.delivered} />,
					one.p99 === undefined ? "–" : formats.span(one.p99),
					one.waiting === undefined ? "–" : formats.number(one.waiting),
					one.replicaAge === undefined ? "–" : `${formats.span(one.replicaAge)} old`,
				],
			}))}
		/>
	);
}

function Addresses({ connector: { addresses, isOnline, seenAt } }: { connector: ConnectorView }) {
	const { formats } = useConsole();
	return (
		<>
			{addresses.map(({ address, isOnline: isHeld, since }) => (
				<span key={address}>
					<Name name={address} />
					<span class="sub">
						{isOnline && isHeld && since !== undefined && `since ${formats.moment(since)}`}
						{isOnline && !isHeld && "not connected"}
						{!isOnline && `last seen ${formats.moment(seenAt)}`}
					</span>
				</span>
			))}
			{addresses.length === 0 && `last seen ${formats.moment(seenAt)}`}
		</>
	);
}
