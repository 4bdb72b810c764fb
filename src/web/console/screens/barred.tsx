/** @jsxImportSource preact */
/** Who is barred, and how somebody gets onto this list and off it. */
import { useState } from "preact/hooks";
import { consolePageBounds } from "../../../limits/bounds/console-page.ts";
import { Field, typed } from "../../page/parts/field.tsx";
import { Jid } from "../../page/parts/text.tsx";
import { useConsole } from "../console.ts";
import { counted } from "../formats.ts";
import { Card } from "../parts/card.tsx";
import { Empty } from "../parts/empty.tsx";
import { Done, FaultBanner, Shown } from "../parts/faults.tsx";
import { Opening } from "../parts/heading.tsx";
import { Table } from "../parts/table.tsx";
import { useAction } from "../use-action.ts";
import { useLoaded } from "../use-loaded.ts";
import type { BarView } from "../wire.ts";
import { BarDialog, useBarring } from "./bar.tsx";

const isPerson = (who: string) => who.includes("@");

export function Barred() {
	const { api, formats } = useConsole();
	const loaded = useLoaded("bars", api.bars);
	const [done, setDone] = useState<{ at: number; text: string }>();
	const { clock } = useConsole();
	const changed = async (text: string) => {
		await loaded.reload();
		setDone({ at: clock.now(), text });
	};
	const people = loaded.value?.filter(({ who }) => isPerson(who)).length ?? 0;
	const domains = (loaded.value?.length ?? 0) - people;
	const who = [
		people > 0 && counted(formats, people, "owner"),
		domains > 0 && counted(formats, domains, "domain"),
	].filter(Boolean);
	return (
		<>
			<Opening title="Barred">
				{who.length > 0 ? `${who.join(" and ")} cannot register. ` : ""}
				Who is barred is answered as an unknown one is.
			</Opening>
			{done && <Done key={done.at}>{done.text}</Done>}
			<Shown loaded={loaded}>
				{(bars) =>
					bars.length > 0 ? (
						<List bars={bars} changed={changed} />
					) : (
						<Empty title="Nobody is barred">
							Bar somebody who misuses this server. You see how much it ends first, and can lift it.
						</Empty>
					)
				}
			</Shown>
			<NewBar key={done?.at} changed={changed} />
		</>
	);
}

function List({ bars, changed }: { bars: readonly BarView[]; changed(text: string): Promise<void> }) {
	const { api, formats } = useConsole();
	const action = useAction();
	const lift = (who: string) =>
		void action.run(async () => {
			await api.lift(who);
			await changed(`${who} can register again.`);
		});
	return (
		<Card title="List" hush>
			<Table
				caption="Barred owners and domains"
				columns={[
					{ name: "Who" },
					{ name: "Kind" },
					{ name: "Reason", class: "any" },
					{ name: "Since" },
					{ name: "Ended then", class: "end" },
					{ name: "Action", class: "bare" },
				]}
				rows={bars.map(({ who, reason, at, ended }) => ({
					key: who,
					cells: [
						<Jid key="who" jid={who} />,
						isPerson(who) ? "Person" : "Domain",
						reason && <bdi>{reason}</bdi>,
						formats.moment(at),
						formats.number(ended),
						<button
							key="lift"
							class="btn"
							type="button"
							aria-label={`Lift ${who}`}
							disabled={action.isBusy}
							onClick={() => lift(who)}
						>
							Lift
						</button>,
					],
				}))}
			/>
			{action.fault && <FaultBanner fault={action.fault} />}
		</Card>
	);
}

function NewBar({ changed }: { changed(text: string): Promise<void> }) {
	const barring = useBarring(changed);
	return (
		<Card title="Bar a person or a domain">
			<form
				class="inline-form"
				onSubmit={(event) => {
					event.preventDefault();
					const who = typed(event.currentTarget, "who").trim();
					if (who) void barring.count(who);
				}}
			>
				<Field
					id="who"
					name="who"
					label="Address or domain"
					type="text"
					autocomplete="off"
					maxLength={consolePageBounds.address.is}
					required
					verbatim
				/>
				<button class="btn ends" type="submit" disabled={barring.action.isBusy}>
					Show what it ends
				</button>
			</form>
			<BarDialog barring={barring} />
		</Card>
	);
}
