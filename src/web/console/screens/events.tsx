/** @jsxImportSource preact */
/** What happened: failures, ends and refusals, the newest first, live on the first page. */
import { useEffect, useState } from "preact/hooks";
import { consolePageBounds } from "../../../limits/bounds/console-page.ts";
import { Field, typed } from "../../page/parts/field.tsx";
import { Jid } from "../../page/parts/text.tsx";
import { useConsole, useSession } from "../console.ts";
import { capital, counted } from "../formats.ts";
import { followEvents, keyOf, type LiveEvents } from "../live-events.ts";
import { Badge, EventBadge } from "../parts/badge.tsx";
import { Card } from "../parts/card.tsx";
import { Empty } from "../parts/empty.tsx";
import { Shown } from "../parts/faults.tsx";
import { Opening } from "../parts/heading.tsx";
import { Name } from "../parts/names.tsx";
import { Table } from "../parts/table.tsx";
import { To } from "../parts/to.tsx";
import { EVENT_KINDS, queryOf, type Route } from "../routes.ts";
import { useLoaded } from "../use-loaded.ts";
import type { EventKind, EventView, FoundEvents } from "../wire.ts";
import { shortNode } from "./registrations.tsx";

type Asked = Extract<Route, { at: "events" }>;

export function Events({ asked }: { asked: Asked }) {
	const { api } = useConsole();
	const { kind, text, before } = asked;
	const loaded = useLoaded(queryOf({ kind, text, before }), () => api.events(asked));
	return (
		<>
			<div class="stack">
				<Opening title="What happened">
					Failures, ends and refusals of the last 30 days. {loaded.value?.today}
				</Opening>
				<Search asked={asked} />
			</div>
			<Shown loaded={loaded}>
				{(found) =>
					before === undefined ? (
						<Newest asked={asked} found={found} />
					) : (
						<Card title="Older">
							<List events={found.events} />
							<Pages asked={asked} found={found} />
						</Card>
					)
				}
			</Shown>
		</>
	);
}

function Search({ asked: { kind, text } }: { asked: Asked }) {
	const { go } = useConsole();
	return (
		<search>
			<form
				class="inline-form"
				onSubmit={(event) => {
					event.preventDefault();
					const form = event.currentTarget;
					const route: Asked = { at: "events" };
					const wanted = typed(form, "text").trim();
					const chosen = typed(form, "kind");
					if (wanted) route.text = wanted;
					if (chosen) route.kind = chosen as EventKind;
					go(route);
				}}
			>
				<Field
					id="text"
					name="text"
					label="Address, node, app or reason"
					type="text"
					value={text ?? ""}
					maxLength={consolePageBounds.typed.is}
					autocomplete="off"
					verbatim
				/>
				<div class="field slim">
					<label for="kind">What</label>
					<select class="input" id="kind" name="kind">
						<option value="">Everything</option>
						{Object.entries(EVENT_KINDS).map(([name, said]) => (
							<option key={name} value={name} selected={name === kind}>
								{said}
							</option>
						))}
					</select>
				</div>
				<button class="btn next" type="submit">
					Find
				</button>
			</form>
		</search>
	);
}

/** The first page goes on by itself. */
function Newest({ asked, found }: { asked: Asked; found: FoundEvents }) {
	const console = useConsole();
	const { live } = useSession();
	const [following, setFollowing] = useState<LiveEvents>();
	useEffect(() => {
		const followed = followEvents(console, live, asked, found);
		setFollowing(followed);
		return followed.stop;
	}, [console, live]);
	const events = following?.events.value ?? found.events;
	return (
		<Card title="Newest first" beside={following && <Live following={following} />}>
			{following && <LeftOut following={following} />}
			{events.length > 0 ? (
				<List events={events} />
			) : (
				<Empty within title={asked.text || asked.kind ? "Nothing of the kind happened" : "Nothing happened"}>
					{asked.text
						? "Nothing is known of it in the last 30 days. Type another part of the address, node, app or reason."
						: "No push failed and nothing ended in the last 30 days. What happens next appears here by itself."}
				</Empty>
			)}
			<Pages asked={asked} found={found} />
		</Card>
	);
}

function Live({ following: { state, isPaused, pause, resume, held } }: { following: LiveEvents }) {
	const { formats } = useConsole();
	const paused = isPaused.value;
	return (
		<span class="row small">
			<span role="status">
				{paused ? (
					<Badge tone="off">Paused</Badge>
				) : state.value === "live" ? (
					<Badge tone="ok">Live</Badge>
				) : state.value === "polling" ? (
					<Badge tone="ok">Asks again by itself</Badge>
				) : (
					<Badge tone="warn">{state.value === "lost" ? "Connects again" : "Connects"}</Badge>
				)}
			</span>
			<button class="btn" type="button" onClick={paused ? resume : pause}>
				{paused
					? held.value.length > 0
						? `Go on, with ${formats.number(held.value.length)} new`
						: "Go on"
					: "Pause"}
			</button>
		</span>
	);
}

function LeftOut({ following: { leftOut } }: { following: LiveEvents }) {
	const { formats } = useConsole();
	const { value } = leftOut;
	return (
		<p class={value > 0 ? "small muted" : "hush"} role="status">
			{value > 0 &&
				`${counted(formats, value, "more came", "more came")} in one second. 20 a second are shown at once, the others within a minute.`}
		</p>
	);
}

const List = ({ events }: { events: readonly EventView[] }) => {
	const { formats } = useConsole();
	return (
		<Table
			caption="Events, newest first"
			columns={[
				{ name: "Time" },
				{ name: "What", class: "mark" },
				{ name: "Who" },
				{ name: "App and node" },
				{ name: "Why" },
				{ name: "Decided by" },
			]}
			rows={events.map((event) => ({ key: keyOf(event), cells: cellsOf(event, formats.second) }))}
		/>
	);
};

function cellsOf(event: EventView, second: (at: number) => string) {
	const { at, node, app, reason, decidedBy } = event;
	return [
		<time key="time" dateTime={new Date(at).toISOString()}>
			{second(at)}
		</time>,
		<EventBadge key="what" event={event} />,
		<Who key="who" event={event} />,
		(app !== undefined || node !== undefined) && (
			<>
				{app !== undefined && <Name name={app} />}
				{node !== undefined && <span class="sub any">node {shortNode(node)}</span>}
			</>
		),
		<Name key="why" name={capital(reason)} />,
		<Name key="by" name={decidedBy} />,
	];
}

function Who({ event: { owner, node, kind } }: { event: EventView }) {
	if (node !== undefined) {
		return <To route={{ at: "registration", node }}>{owner ? <Jid jid={owner} /> : "No owner"}</To>;
	}
	if (owner)
		return (
			<To route={{ at: "registrations", begins: owner }}>
				<Jid jid={owner} />
			</To>
		);
	return <>{kind === "gate" ? "All its devices" : "–"}</>;
}

function Pages({ asked, found: { next, from } }: { asked: Asked; found: FoundEvents }) {
	const { formats } = useConsole();
	const { before: _, ...first } = asked;
	if (from === undefined && next === undefined && asked.before === undefined) return null;
	return (
		<nav class="row spread" aria-label="Pages">
			<span class="small muted">{from !== undefined && `The list goes back to ${formats.day(from)}.`}</span>
			<span class="row">
				{asked.before !== undefined && (
					<To class="btn" route={first}>
						Newest
					</To>
				)}
				{next !== undefined && (
					<To class="btn" route={{ ...asked, before: next }}>
						Older
					</To>
				)}
			</span>
		</nav>
	);
}
