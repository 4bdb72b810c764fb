/** @jsxImportSource preact */
/** Invites to the web app: made, handed on, taken back. */
import { useEffect, useRef, useState } from "preact/hooks";
import { consolePageBounds } from "../../../limits/bounds/console-page.ts";
import { Field, typed } from "../../page/parts/field.tsx";
import { Jid } from "../../page/parts/text.tsx";
import { useConsole, useSession } from "../console.ts";
import { counted } from "../formats.ts";
import { Ask } from "../parts/ask.tsx";
import { Badge, type Tone } from "../parts/badge.tsx";
import { Card } from "../parts/card.tsx";
import { CopyBox } from "../parts/copy-box.tsx";
import { Empty } from "../parts/empty.tsx";
import { Done, FaultBanner, Shown } from "../parts/faults.tsx";
import { Opening } from "../parts/heading.tsx";
import { QrCode } from "../parts/qr-code.tsx";
import { Table } from "../parts/table.tsx";
import { useAction } from "../use-action.ts";
import { useLoaded } from "../use-loaded.ts";
import type { InviteView, MadeInvite, NewInvite } from "../wire.ts";

export const USES = { least: 1, most: 10_000, usual: 1 };
export const DAYS = { least: 1, most: 365, usual: 14 };

export function Invites() {
	const { api } = useConsole();
	const { webApp } = useSession();
	const loaded = useLoaded("invites", api.invites);
	const [made, setMade] = useState<MadeInvite>();
	const [done, setDone] = useState<string>();
	return (
		<>
			<Opening title="Invites">
				{webApp
					? "An invite lets people of other servers use the web app here."
					: "The web app is off here: invites are of use where it is on. Set WEB_APP."}
			</Opening>
			{done !== undefined && <Done key={done}>{done}</Done>}
			{made && <New key={made.invite.id} made={made} />}
			<Make
				made={(invite) => {
					setDone(undefined);
					setMade(invite);
					void loaded.reload();
				}}
			/>
			<Shown loaded={loaded}>
				{(invites) =>
					invites.length > 0 ? (
						<List
							invites={invites}
							revoked={async (what) => {
								await loaded.reload();
								setDone(what);
							}}
						/>
					) : (
						<Empty title="No invite so far">
							Those you make are listed here, with how often they were used.
						</Empty>
					)
				}
			</Shown>
		</>
	);
}

const forWhom = ({ onlyFor }: InviteView) => {
	if (onlyFor === undefined) return "anybody";
	return onlyFor.includes("@") ? onlyFor : `anybody at ${onlyFor}`;
};

/** Seen once. */
function New({ made: { invite, link, code, qr } }: { made: MadeInvite }) {
	const { formats } = useConsole();
	const title = useRef<HTMLSpanElement>(null);
	useEffect(() => title.current?.focus(), []);
	return (
		<Card
			title={
				<span tabIndex={-1} ref={title}>
					Your new invite
				</span>
			}
		>
			<p class="muted small any">
				You see it once. For {forWhom(invite)}, {counted(formats, invite.uses, "use")}, until{" "}
				{formats.day(invite.endsAt)}.
			</p>
			<div class="grid2 lean">
				<div class="stack">
					{link && (
						<div class="stack tight">
							<h3>Link</h3>
							<CopyBox what="The link" value={link} />
						</div>
					)}
					<div class="stack tight">
						<h3>Code, for an iPhone</h3>
						<CopyBox what="The code" value={code} big />
					</div>
				</div>
				{qr.length > 0 && (
					<div>
						<div class="stack tight">
							<h3>For a camera</h3>
							<QrCode rows={qr} label="The link as a QR code" />
						</div>
					</div>
				)}
			</div>
		</Card>
	);
}

function Make({ made }: { made(invite: MadeInvite): void }) {
	const { api } = useConsole();
	const action = useAction();
	return (
		<Card title="Make an invite">
			<form
				class="stack"
				onSubmit={(event) => {
					event.preventDefault();
					const form = event.currentTarget;
					const wanted = wantedOf(form);
					void action.run(async () => {
						made(await api.makeInvite(wanted));
						form.reset();
					});
				}}
			>
				<div class="inline-form">
					<Field
						id="for"
						name="for"
						label="For an address or a domain"
						hint="Empty: for anybody"
						type="text"
						maxLength={consolePageBounds.address.is}
						autocomplete="off"
						verbatim
					/>
					<Field
						id="name"
						name="name"
						label="Name"
						hint="Only this console shows it"
						type="text"
						maxLength={consolePageBounds.inviteName.is}
						autocomplete="off"
					/>
				</div>
				<div class="inline-form">
					<Count id="uses" label="Uses" hint="One for each device" bounds={USES} />
					<Count id="days" label="Days" hint="Then it ends by itself" bounds={DAYS} />
					<button class="btn next" type="submit" disabled={action.isBusy}>
						Make an invite
					</button>
				</div>
				{action.fault && <FaultBanner fault={action.fault} />}
			</form>
		</Card>
	);
}

const Count = ({
	id,
	label,
	hint,
	bounds: { least, most, usual },
}: {
	id: string;
	label: string;
	hint: string;
	bounds: { least: number; most: number; usual: number };
}) => (
	<div class="field">
		<label for={id}>{label}</label>
		<span class="hint" id={`${id}-h`}>
			{hint}
		</span>
		<input
			class="input"
			id={id}
			name={id}
			type="number"
			min={least}
			max={most}
			defaultValue={String(usual)}
			required
			aria-describedby={`${id}-h`}
		/>
	</div>
);

function wantedOf(form: HTMLFormElement): NewInvite {
	const wanted: NewInvite = { uses: Number(typed(form, "uses")), days: Number(typed(form, "days")) };
	const [name, onlyFor] = [typed(form, "name").trim(), typed(form, "for").trim()];
	if (name) wanted.name = name;
	if (onlyFor) wanted.onlyFor = onlyFor;
	return wanted;
}

const STATE: Readonly<Record<InviteView["state"], readonly [Tone, string]>> = {
	good: ["ok", "Open"],
	"used up": ["off", "Used up"],
	ended: ["off", "Ended"],
	revoked: ["off", "Revoked"],
};

function List({
	invites,
	revoked,
}: {
	invites: readonly InviteView[];
	revoked(what: string): Promise<void>;
}) {
	const { formats } = useConsole();
	const [asks, setAsks] = useState<InviteView>();
	return (
		<Card title="Invites so far">
			<Table
				caption="Invites so far"
				columns={[
					{ name: "For" },
					{ name: "State", class: "mark" },
					{ name: "Used", class: "end" },
					{ name: "Made" },
					{ name: "Ends" },
					{ name: "Action", class: "bare" },
				]}
				rows={invites.map((invite) => {
					const [tone, word] = STATE[invite.state];
					return {
						key: invite.id,
						cells: [
							<>
								{invite.onlyFor === undefined ? "Anybody" : <Jid jid={invite.onlyFor} />}
								{invite.name !== undefined && <bdi class="sub any">{invite.name}</bdi>}
							</>,
							<Badge key="state" tone={tone}>
								{word}
							</Badge>,
							`${formats.number(invite.used)} of ${formats.number(invite.uses)}`,
							formats.day(invite.madeAt),
							invite.state === "revoked" ? "–" : formats.day(invite.endsAt),
							invite.state === "good" && (
								<button
									class="btn ends"
									type="button"
									aria-label={`Revoke the invite for ${forWhom(invite)}`}
									onClick={() => setAsks(invite)}
								>
									Revoke
								</button>
							),
						],
					};
				})}
			/>
			{asks && <Revoke invite={asks} revoked={revoked} close={() => setAsks(undefined)} />}
		</Card>
	);
}

function Revoke({
	invite,
	revoked,
	close,
}: {
	invite: InviteView;
	revoked(what: string): Promise<void>;
	close(): void;
}) {
	const { api, formats } = useConsole();
	const action = useAction();
	const left = invite.uses - invite.used;
	return (
		<Ask
			title={`Revoke the invite for ${forWhom(invite)}?`}
			text={
				<p>
					<strong>{counted(formats, left, "use")}</strong> {left === 1 ? "is" : "are"} lost.{" "}
					{invite.used > 0
						? `${counted(formats, invite.used, "device")} that used it before stay.`
						: "Nobody has used it."}
				</p>
			}
			sure="Revoke it"
			action={action}
			end={() =>
				void action.run(async () => {
					await api.revokeInvite(invite.id);
					close();
					await revoked(`The invite for ${forWhom(invite)} lets nobody in any more.`);
				})
			}
			close={close}
		/>
	);
}
