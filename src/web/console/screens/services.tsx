/** @jsxImportSource preact */
/** Push services: which gates are shut, what became of each app's pushes, and why some failed. */
import { useConsole } from "../console.ts";
import { Badge, FateBadge } from "../parts/badge.tsx";
import { Card } from "../parts/card.tsx";
import { Empty } from "../parts/empty.tsx";
import { Shown } from "../parts/faults.tsx";
import { Opening } from "../parts/heading.tsx";
import { Name } from "../parts/names.tsx";
import { Periods } from "../parts/periods.tsx";
import { Table } from "../parts/table.tsx";
import { useLoaded } from "../use-loaded.ts";
import type { Period, ServicesView } from "../wire.ts";
import { ShutGates } from "./gates.tsx";

/** ms */
const AGAIN_MS = 60_000;

export function Services({ period }: { period: Period }) {
	const { api } = useConsole();
	const loaded = useLoaded(period, () => api.services(period), AGAIN_MS);
	return (
		<>
			<div class="stack">
				<Opening title="Push services">{loaded.value && sentence(loaded.value.title)}</Opening>
				<div class="row">
					<Periods at="services" current={period} />
				</div>
			</div>
			<Shown loaded={loaded}>{(view) => <View view={view} period={period} />}</Shown>
		</>
	);
}

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

function View({ view: { gates, apps, reasons }, period }: { view: ServicesView; period: Period }) {
	const shut = gates.filter(({ state }) => state !== "open");
	return (
		<>
			{shut.length > 0 && (
				<Card title="Shut gates">
					<ShutGates gates={shut} />
				</Card>
			)}
			{apps.length > 0 && <Apps apps={apps} period={period} />}
			{reasons.length > 0 ? (
				<Reasons reasons={reasons} period={period} />
			) : (
				<Empty title={`No push failed in the last ${period}`}>
					What push services say when they do not take a push is told here, with what to do.
				</Empty>
			)}
		</>
	);
}

function Apps({ apps, period }: { apps: ServicesView["apps"]; period: Period }) {
	const { formats } = useConsole();
	const tile = (name: string) => ({ name, class: "end tile" });
	return (
		<Card title="Apps">
			<Table
				caption={`Apps in the last ${period}`}
				columns={[
					{ name: "App" },
					{ name: "Gate", class: "mark" },
					tile("Devices"),
					tile("Delivered"),
					tile("Later"),
					tile("Gone"),
					tile("Refused"),
					{ name: "Credential", class: "any" },
				]}
				rows={apps.map((one) => ({
					key: one.app,
					cells: [
						<>
							<Name name={one.app} />
							<span class="sub">{one.service}</span>
						</>,
						<AppGate key="gate" app={one} />,
						formats.number(one.registrations),
						formats.number(one.pushes.delivered),
						formats.number(one.pushes.later),
						formats.number(one.pushes.gone),
						formats.number(one.pushes.refused + one.pushes.setup),
						one.credential ? (
							<>
								{one.credential.what}
								<span class="sub">{one.credential.text}</span>
							</>
						) : (
							(one.turnOn ?? (one.isOn ? "None needed" : "–"))
						),
					],
				}))}
			/>
		</Card>
	);
}

function AppGate({ app: { isOn, gate } }: { app: ServicesView["apps"][number] }) {
	if (!isOn) return <Badge tone="off">Off</Badge>;
	if (gate === "open") return <Badge tone="ok">Open</Badge>;
	return gate === "shut" ? <Badge tone="bad">Shut</Badge> : <Badge tone="warn">Some shut</Badge>;
}

function Reasons({ reasons, period }: { reasons: ServicesView["reasons"]; period: Period }) {
	const { formats } = useConsole();
	return (
		<Card title={`Why pushes failed, last ${period}`}>
			<Table
				caption="Reasons for failures"
				columns={[
					{ name: "What the push service said" },
					{ name: "Outcome", class: "mark" },
					{ name: "App" },
					{ name: "Pushes", class: "end" },
					{ name: "What it means, and what to do", class: "any" },
				]}
				rows={reasons.map(({ reason, fate, app, count, text }) => ({
					key: `${app} ${fate} ${reason}`,
					cells: [
						<Name key="reason" name={reason} />,
						<FateBadge key="fate" fate={fate} />,
						<Name key="app" name={app} />,
						formats.number(count),
						text,
					],
				}))}
			/>
		</Card>
	);
}
