/** @jsxImportSource preact */
/** One registration: why its owner gets pushes, or none, and what can be done. */
import { useState } from "preact/hooks";
import { Jid } from "../../page/parts/text.tsx";
import { useConsole } from "../console.ts";
import { capital, counted } from "../formats.ts";
import { Ask } from "../parts/ask.tsx";
import { Badge, DeviceBadge, type Tone } from "../parts/badge.tsx";
import { Card } from "../parts/card.tsx";
import { Done, FaultBanner, Shown } from "../parts/faults.tsx";
import { Heading } from "../parts/heading.tsx";
import { To } from "../parts/to.tsx";
import { Way } from "../parts/way.tsx";
import { useAction } from "../use-action.ts";
import { type Loaded, useLoaded } from "../use-loaded.ts";
import type { EventView, RegistrationView, TestPush } from "../wire.ts";
import { BarDialog, useBarring } from "./bar.tsx";
import { searchText, shortNode } from "./registrations.tsx";

export function Registration({ node }: { node: string }) {
	const console = useConsole();
	const loaded = useLoaded(node, () => console.api.registration(node));
	const { value } = loaded;
	const title = value ? titleOf(value) : "Registration";
	const { lastSearch } = console;
	return (
		<>
			<div class="stack">
				<p class="small any">
					<To route={{ at: "registrations", ...lastSearch }}>Registrations{searchText(lastSearch)}</To>
				</p>
				<div class="row spread">
					<Heading title={title}>{value && <Whose view={value} />}</Heading>
					{value && <StateBadge view={value} />}
				</div>
				{value && (
					<div class={`banner ${value.state === "off" ? "" : value.state}`}>
						<h2 class="any">{value.title}</h2>
						{value.text && <p class="any">{value.text}</p>}
					</div>
				)}
			</div>
			<Shown loaded={loaded}>{(view) => <View view={view} loaded={loaded} />}</Shown>
		</>
	);
}

const nameOf = ({ device, node }: RegistrationView) => device || `Node ${shortNode(node)}`;

const titleOf = (view: RegistrationView) => (view.owner ? `${nameOf(view)} of ${view.owner}` : nameOf(view));

const Whose = ({ view }: { view: RegistrationView }) => (
	<>
		<bdi class="any">{nameOf(view)}</bdi>
		{view.owner && (
			<>
				{" "}
				of <Jid jid={view.owner} />
			</>
		)}
	</>
);

const STATE: Readonly<Record<RegistrationView["state"], readonly [Tone, string]>> = {
	ok: ["ok", "Works"],
	warn: ["warn", "Waits"],
	bad: ["bad", "Fails"],
	off: ["off", "Never pushed"],
};

function StateBadge({ view: { isEnded, isBarred, state } }: { view: RegistrationView }) {
	const [tone, word] = STATE[state];
	return (
		<span class="row">
			{isBarred && <Badge tone="bad">Barred</Badge>}
			{isEnded ? (
				<Badge tone={state === "bad" ? "bad" : "off"}>Ended</Badge>
			) : (
				<Badge tone={tone}>{word}</Badge>
			)}
		</span>
	);
}

function View({ view, loaded }: { view: RegistrationView; loaded: Loaded<RegistrationView> }) {
	const [done, setDone] = useState<string>();
	const changed = async (what: string) => {
		await loaded.reload();
		setDone(what);
	};
	return (
		<>
			{done !== undefined && <Done key={done}>{done}</Done>}
			<LastPush view={view} reload={loaded.reload} />
			<div class="grid2 lean">
				<Happened view={view} />
				<div class="stack">
					<Card title="Everything known">
						<dl class="facts">
							{view.known.map(({ name, value, isAddress }) => (
								<Fact key={name} name={name} value={value} isAddress={isAddress ?? false} />
							))}
						</dl>
					</Card>
					{view.others.length > 0 && <Others view={view} />}
					{!view.isEnded && <EndCard view={view} changed={changed} />}
					{view.owner && !view.isBarred && <BarCard owner={view.owner} changed={changed} />}
					{view.isBarred && (
						<Card title="Barred">
							<p class="small muted">The owner or its domain is barred, and cannot register.</p>
							<div>
								<To class="btn" route={{ at: "barred" }}>
									Show who is barred
								</To>
							</div>
						</Card>
					)}
				</div>
			</div>
		</>
	);
}

const Fact = ({ name, value, isAddress }: { name: string; value: string; isAddress: boolean }) => (
	<>
		<dt>{name}</dt>
		<dd>
			{isAddress ? (
				<Jid jid={value} />
			) : name === "Node" || name === "Token" ? (
				<code>{value}</code>
			) : (
				<bdi>{value}</bdi>
			)}
		</dd>
	</>
);

/** The way of the last push; after a test, of that. */
function LastPush({ view, reload }: { view: RegistrationView; reload(): Promise<void> }) {
	const { api, formats } = useConsole();
	const action = useAction();
	const [test, setTest] = useState<TestPush>();
	const { last, node, isEnded } = view;
	return (
		<Card
			title="The last push"
			beside={last && <span class="small muted">{capital(formats.moment(last.at))}</span>}
		>
			{last ? (
				<Way label="The way of the last push" legs={last.legs} timed />
			) : (
				<p class="muted">
					{isEnded
						? "The registration has ended: what was published last for it is not kept."
						: "No publish for this device has come to this process, as far as it remembers. It forgets at a restart."}
				</p>
			)}
			{!isEnded && (
				<div class="row actions">
					<button
						class="btn next"
						type="button"
						disabled={action.isBusy}
						onClick={() =>
							void action.run(async () => {
								setTest(undefined);
								setTest(await api.testPush(node));
								await reload();
							})
						}
					>
						{action.isBusy ? "On its way …" : "Send a test push"}
					</button>
					<span class="small muted">Only this device shows it. Every leg is timed.</span>
				</div>
			)}
			<div role="status" class="stack">
				{test && (
					<>
						<div class={`banner ${test.state}`}>
							<strong class="any">{test.title}</strong>
						</div>
						<Way label="The way of the test push" legs={test.legs} timed />
					</>
				)}
			</div>
			{action.fault && <FaultBanner fault={action.fault} />}
		</Card>
	);
}

function Happened({ view: { events, owner, node, others } }: { view: RegistrationView }) {
	const { formats } = useConsole();
	/** The other device of the owner that it is about. */
	const other = (event: EventView) =>
		event.node === undefined || event.node === node
			? undefined
			: { node: event.node, device: others.find((one) => one.node === event.node)?.device };
	return (
		<Card
			title="What happened"
			beside={
				<To class="small" route={{ at: "events", text: owner || node }}>
					{owner ? "All events of the owner" : "All events of the node"}
				</To>
			}
		>
			{events.length === 0 ? (
				<p class="muted">Nothing failed or ended in the last 30 days.</p>
			) : (
				<ol class="timeline">
					{events.map((event) => (
						<li key={event.id}>
							<time dateTime={new Date(event.at).toISOString()}>{capital(formats.moment(event.at))}</time>
							<span class="what">
								{event.what} <OtherDevice of={other(event)} />
								<Badge tone={toneOf(event)}>{`Decided by ${event.decidedBy.replace(/^The /, "the ")}`}</Badge>
							</span>
							<bdi class="muted small any">{capital(event.reason)}</bdi>
						</li>
					))}
				</ol>
			)}
		</Card>
	);
}

const OtherDevice = ({ of }: { of: { node: string; device: string | undefined } | undefined }) =>
	of && (
		<To class="small" route={{ at: "registration", node: of.node }}>
			<bdi>{of.device || `Node ${shortNode(of.node)}`}</bdi>
		</To>
	);

/** Red where a provider ended what its owner wanted to keep. */
const toneOf = ({ kind, decider }: EventView): Tone =>
	kind === "ended" && decider === "provider" ? "bad" : "off";

const Others = ({ view: { others, owner } }: { view: RegistrationView }) => (
	<Card title={<>Other devices of {owner ? <Jid jid={owner} /> : "the owner"}</>}>
		<ul class="rows">
			{others.map(({ node, device, state }) => (
				<li key={node} class="item">
					<span class="item-name">
						<To route={{ at: "registration", node }}>
							<bdi>{device || `Node ${shortNode(node)}`}</bdi>
						</To>
					</span>
					<span class="item-marks">
						<DeviceBadge state={state} />
					</span>
				</li>
			))}
		</ul>
	</Card>
);

function EndCard({ view, changed }: { view: RegistrationView; changed(what: string): Promise<void> }) {
	const { api, formats } = useConsole();
	const [asks, setAsks] = useState(false);
	const action = useAction();
	const others = view.others.length;
	return (
		<Card title="End the registration">
			<p class="small muted">The device gets no more pushes, until its app registers again.</p>
			<div class="row actions">
				<button class="btn ends" type="button" onClick={() => setAsks(true)}>
					End it
				</button>
			</div>
			{asks && (
				<Ask
					title={`End “${nameOf(view)}”?`}
					text={
						<>
							<p>
								<strong>1 registration</strong> ends at once
								{view.owner && (
									<>
										, of <Jid jid={view.owner} />
									</>
								)}
								. {others > 0 && `${counted(formats, others, "other device stays", "other devices stay")}.`}
							</p>
							<p>The app can register again. To keep somebody out, bar the owner.</p>
						</>
					}
					sure="End it"
					action={action}
					end={() =>
						void action.run(async () => {
							await api.endRegistration(view.node);
							setAsks(false);
							await changed("The registration has ended.");
						})
					}
					close={() => setAsks(false)}
				/>
			)}
		</Card>
	);
}

function BarCard({ owner, changed }: { owner: string; changed(what: string): Promise<void> }) {
	const barring = useBarring(changed);
	const domain = owner.slice(owner.indexOf("@") + 1);
	const names = owner === domain ? [owner] : [owner, domain];
	return (
		<Card title="Bar the owner">
			<p class="small muted">
				All devices of the owner end, and no new one is taken. You see how many first.
			</p>
			<div class="row actions">
				{names.map((who) => (
					<button
						key={who}
						class="btn ends any"
						type="button"
						disabled={barring.action.isBusy}
						onClick={() => void barring.count(who)}
					>
						Bar {who}
					</button>
				))}
			</div>
			<BarDialog barring={barring} />
		</Card>
	);
}
