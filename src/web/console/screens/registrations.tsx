/** @jsxImportSource preact */
/** Who is registered: found by the beginning of an address, a domain, a node or a device's name. */
import { useEffect, useRef } from "preact/hooks";
import { consolePageBounds } from "../../../limits/bounds/console-page.ts";
import { Field, typed } from "../../page/parts/field.tsx";
import { Jid } from "../../page/parts/text.tsx";
import { useConsole } from "../console.ts";
import { counted } from "../formats.ts";
import { DeviceBadge } from "../parts/badge.tsx";
import { Card } from "../parts/card.tsx";
import { Empty } from "../parts/empty.tsx";
import { Shown } from "../parts/faults.tsx";
import { Opening } from "../parts/heading.tsx";
import { Host, Name } from "../parts/names.tsx";
import { Table } from "../parts/table.tsx";
import { To } from "../parts/to.tsx";
import { queryOf } from "../routes.ts";
import { useLoaded } from "../use-loaded.ts";
import type { FindRegistrations, FoundRegistrations, RegistrationRow } from "../wire.ts";

const keyOf = ({ begins, app, host, after }: FindRegistrations) => queryOf({ begins, app, host, after });

export function Registrations({ asked }: { asked: FindRegistrations }) {
	const console = useConsole();
	const { begins, app, host, after } = asked;
	const loaded = useLoaded(keyOf(asked), () => console.api.registrations(asked));
	useEffect(() => {
		console.lastSearch = asked;
	}, [console, asked]);
	return (
		<>
			<div class="stack">
				<Opening title="Registrations">
					Type the beginning of an address, domain, node or device name.
				</Opening>
				<Search key={`${begins} ${app} ${host}`} asked={asked} apps={loaded.value?.apps ?? []} />
			</div>
			<Shown loaded={loaded}>
				{(found) =>
					found.rows.length > 0 ? (
						<List found={found} asked={asked} isLoading={loaded.isLoading} />
					) : (
						<None asked={asked} isPage={after !== undefined} />
					)
				}
			</Shown>
		</>
	);
}

function Search({
	asked: { begins, app, host },
	apps,
}: {
	asked: FindRegistrations;
	apps: readonly string[];
}) {
	const { go } = useConsole();
	const choices = app !== undefined && !apps.includes(app) ? [app, ...apps] : apps;
	return (
		<search>
			<form
				class="stack"
				onSubmit={(event) => {
					event.preventDefault();
					const form = event.currentTarget;
					const wanted: FindRegistrations = {};
					const put = (name: "begins" | "app" | "host") => {
						const text = typed(form, name).trim();
						if (text) wanted[name] = text;
					};
					put("begins");
					put("app");
					put("host");
					go({ at: "registrations", ...wanted });
				}}
			>
				<div class="inline-form">
					<Field
						id="begins"
						name="begins"
						label="It begins with"
						type="text"
						value={begins ?? ""}
						maxLength={consolePageBounds.typed.is}
						autocomplete="off"
						verbatim
					/>
					<button class="btn next" type="submit">
						Find
					</button>
				</div>
				<details class="fold" open={app !== undefined || host !== undefined}>
					<summary>Only one app or push service</summary>
					<div class="inline-form">
						<div class="field">
							<label for="app">App</label>
							<select class="input" id="app" name="app">
								<option value="">All apps</option>
								{choices.map((name) => (
									<option key={name} value={name} selected={name === app}>
										{name}
									</option>
								))}
							</select>
						</div>
						<Field
							id="host"
							name="host"
							label="Host of the push service"
							type="text"
							value={host ?? ""}
							maxLength={consolePageBounds.typed.is}
							autocomplete="off"
							verbatim
						/>
					</div>
				</details>
			</form>
		</search>
	);
}

/** What was looked for, as a part of a sentence: ` that begin with “ro”, of chat-ios`. */
export const searchText = (asked: FindRegistrations) => narrowed(asked, " that begin with");

function narrowed({ begins, app, host }: FindRegistrations, beginning: string): string {
	const others = [app && ` of ${app}`, host && ` at ${host}`].filter(Boolean).join("");
	return [begins && `${beginning} “${begins}”`, others].filter(Boolean).join(",");
}

function List({
	found: { rows, next, ms },
	asked,
	isLoading,
}: {
	found: FoundRegistrations;
	asked: FindRegistrations;
	isLoading: boolean;
}) {
	const { formats } = useConsole();
	const { after } = asked;
	const which =
		after !== undefined
			? `The next ${rows.length}`
			: next === undefined
				? counted(formats, rows.length, "registration")
				: `The first ${rows.length}`;
	const title = `${which}${narrowed(asked, rows.length === 1 ? " that begins with" : " that begin with")}`;
	return (
		<Card
			title={<PageTitle text={title} page={after} />}
			beside={
				<span class="small muted" role="status">
					{isLoading ? "Looking …" : `found in ${formats.span(ms)}`}
				</span>
			}
		>
			<Table
				caption={title}
				columns={[
					{ name: "Address and node" },
					{ name: "State", class: "mark" },
					{ name: "Device" },
					{ name: "App and push service" },
					{ name: "Last push", class: "nowrap" },
				]}
				rows={rows.map((row) => ({ key: row.node, cells: cellsOf(row, formats.moment) }))}
			/>
			<nav class="row spread" aria-label="Pages">
				<span class="small muted">{next === undefined ? "There are no more." : "There are more."}</span>
				<span class="row">
					{after !== undefined && (
						<To class="btn" route={{ at: "registrations", ...firstPage(asked) }}>
							First 50
						</To>
					)}
					{next !== undefined && (
						<To class="btn" route={{ at: "registrations", ...asked, after: next }}>
							Next 50
						</To>
					)}
				</span>
			</nav>
		</Card>
	);
}

function firstPage({ after: _, ...asked }: FindRegistrations): FindRegistrations {
	return asked;
}

/** The focus comes here with another page of the list. */
function PageTitle({ text, page }: { text: string; page: string | undefined }) {
	const title = useRef<HTMLSpanElement>(null);
	const former = useRef(page);
	useEffect(() => {
		if (former.current === page) return;
		former.current = page;
		title.current?.focus();
	}, [page]);
	return (
		<span class="any" tabIndex={-1} ref={title}>
			{text}
		</span>
	);
}

function cellsOf(
	{ node, owner, device, app, service, host, state, lastPushAt }: RegistrationRow,
	moment: (at: number) => string,
) {
	return [
		<>
			<To route={{ at: "registration", node }}>{owner ? <Jid jid={owner} /> : "No owner"}</To>
			<span class="sub any">node {shortNode(node)}</span>
		</>,
		<DeviceBadge key="state" state={state} />,
		<Name key="device" name={device} />,
		<>
			<Name name={app} />
			<span class="sub any">{host === undefined ? service : <Host host={host} />}</span>
		</>,
		lastPushAt === undefined ? "Never" : moment(lastPushAt),
	];
}

/** Enough of a node to tell it from others, many of which begin alike; its own page has all of it. */
export const shortNode = (node: string) =>
	node.length > 10 ? `${node.slice(0, 4)}…${node.slice(-4)}` : node;

function None({ asked, isPage }: { asked: FindRegistrations; isPage: boolean }) {
	const { begins, app, host } = asked;
	if (begins === undefined && app === undefined && host === undefined && !isPage) {
		return (
			<Empty
				title="Nobody is registered yet"
				actions={
					<To class="btn" route={{ at: "invites" }}>
						Make an invite
					</To>
				}
			>
				A registration stands here as soon as a device has made one.
			</Empty>
		);
	}
	return (
		<Empty
			title={isPage ? "There are no more" : `No registration${narrowed(asked, " begins with")}`}
			actions={
				begins !== undefined && (
					<To class="btn" route={{ at: "events", text: begins }}>
						What happened to it
					</To>
				)
			}
		>
			{begins === undefined
				? "Choose another app or host."
				: "It may have ended: what happened is kept for 30 days. Only beginnings are found, not parts."}
		</Empty>
	);
}
