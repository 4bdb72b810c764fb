/** @jsxImportSource preact */
/** The devices of an account: all after a login, later this browser alone. */
import { useEffect, useState } from "preact/hooks";
import type { DeviceView } from "../accounts/device-view.ts";
import type { AccountList } from "../accounts/known.ts";
import { usePage, useTexts } from "../page.ts";
import { DeviceLine, DeviceMarks } from "../parts/device-state.tsx";
import { FaultBanner } from "../parts/fault-text.tsx";
import { DevicesFrame } from "../parts/frame.tsx";
import { Heading } from "../parts/heading.tsx";
import { Staff } from "../parts/marks.tsx";
import { PasswordForm } from "../parts/password-form.tsx";
import { Filled, Jid, Name } from "../parts/text.tsx";
import { TopicForm } from "../parts/topic-form.tsx";
import { type Action, useAction } from "../parts/use-action.ts";
import { hashOf } from "../routes.ts";
import { when } from "../times.ts";

export function Devices({ account }: { account: string }) {
	const { accounts, settings } = usePage();
	const t = useTexts();
	const look = useAction();
	const [topicAdded, setTopicAdded] = useState(false);
	const devices = accounts.devicesOf(account);
	const list = accounts.list(account);
	const online = accounts.online.value;
	useEffect(() => {
		if (online) void look.run(() => accounts.lookAgain(account));
	}, [account, online]);
	return (
		<DevicesFrame account={account}>
			<Notices list={list} look={look} topicAdded={topicAdded} />
			<div class="stack close">
				<Heading title={t.devices.title} />
				{devices.length > 0 && (
					<p class="lead">
						<Lead account={account} devices={devices} list={list} />
					</p>
				)}
			</div>
			{devices.length === 0 ? (
				<Empty account={account} />
			) : (
				<List devices={devices} whole={list !== undefined} />
			)}
			{!list?.open && online && <Others account={account} />}
			{settings?.ntfy && list?.open && <TopicForm account={account} added={() => setTopicAdded(true)} />}
			{list?.open && (
				<div class="banner">
					<p>{t.devices.nowAll}</p>
				</div>
			)}
			{(!online || look.fault) && (
				<div class="row actions">
					<button
						class="btn"
						type="button"
						disabled={look.busy}
						onClick={() => look.run(() => accounts.lookAgain(account))}
					>
						{t.devices.again}
					</button>
				</div>
			)}
		</DevicesFrame>
	);
}

function Notices({
	list,
	look,
	topicAdded,
}: {
	list: AccountList | undefined;
	look: Action;
	topicAdded: boolean;
}) {
	const { accounts, browser, clock, notice } = usePage();
	const t = useTexts();
	const at = list && when(list.at, clock.now(), t.lang);
	const done = topicAdded ? t.devices.topicAdded : notice.value;
	return (
		<>
			{!accounts.online.value && (
				<div class="banner warn" role="status">
					<p>
						<strong>{t.devices.offline}</strong>{" "}
						{at === undefined ? t.devices.offlineText : t.devices.offlineList(at)}
					</p>
				</div>
			)}
			{browser.permission() === "denied" && (
				<div class="banner warn" role="status">
					<p>
						<strong>{t.devices.blocked}</strong> {t.devices.blockedText}
					</p>
				</div>
			)}
			{accounts.online.value && look.fault && <FaultBanner fault={look.fault} />}
			<div role="status" class="live">
				{done !== undefined && (
					<div class="banner ok">
						<p class="any">{done}</p>
					</div>
				)}
			</div>
		</>
	);
}

function Lead({
	account,
	devices,
	list,
}: {
	account: string;
	devices: readonly DeviceView[];
	list: AccountList | undefined;
}) {
	const t = useTexts();
	const ended = devices.filter(({ state }) => state === "ended").length;
	if (list) return <>{t.devices.leadAll(devices.length - ended, ended)}</>;
	const text = ended === devices.length ? t.devices.leadEnded : t.devices.leadOwn;
	return <Filled text={text} jid={<Jid jid={account} />} />;
}

function List({ devices, whole }: { devices: readonly DeviceView[]; whole: boolean }) {
	const t = useTexts();
	return (
		<section class="card" aria-label={whole ? t.devices.label : t.devices.thisDevice}>
			<ul class="rows flush">
				{devices.map((device) => (
					<li class="item" key={device.node}>
						<span class="item-name">
							<a href={hashOf({ at: "device", node: device.node })}>
								<Name name={device.name || device.node} />
							</a>
						</span>
						<span class="item-marks">
							<DeviceMarks device={device} />
						</span>
						<span class="item-meta">
							<DeviceLine device={device} />
						</span>
					</li>
				))}
			</ul>
		</section>
	);
}

function Empty({ account }: { account: string }) {
	const t = useTexts();
	return (
		<section class="card empty" aria-labelledby="e-h">
			<Staff />
			<div class="stack close">
				<h2 id="e-h">{t.devices.emptyTitle}</h2>
				<p class="muted">
					<Filled text={t.devices.emptyText} jid={<Jid jid={account} />} />
				</p>
			</div>
			<a class="btn next" href={hashOf({ at: "set-up", step: "sign-in" })}>
				{t.devices.setUp}
			</a>
		</section>
	);
}

function Others({ account }: { account: string }) {
	const t = useTexts();
	return (
		<section class="card" aria-labelledby="more-h">
			<div class="stack tight">
				<h2 id="more-h">{t.devices.others}</h2>
				<p class="muted">{t.devices.othersText}</p>
			</div>
			<PasswordForm account={account} />
		</section>
	);
}
