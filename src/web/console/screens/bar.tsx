/** @jsxImportSource preact */
/** Somebody is barred: first it is said how much ends by it. */
import { useState } from "preact/hooks";
import { consolePageBounds } from "../../../limits/bounds/console-page.ts";
import { Field, typed } from "../../page/parts/field.tsx";
import { useConsole } from "../console.ts";
import { counted } from "../formats.ts";
import { Ask } from "../parts/ask.tsx";
import { FaultBanner } from "../parts/faults.tsx";
import { type Action, useAction } from "../use-action.ts";
import type { BarCount } from "../wire.ts";

export interface Barring {
	/** Counting what it would end. */
	action: Action;
	/** The dialog's question; missing: it is shut. */
	asks: BarCount | undefined;
	/** Counts, and opens the dialog. @param who a bare JID or a domain */
	count(who: string): Promise<void>;
	/** @param done what is said where somebody was barred; missing: nobody was */
	close(done?: string): void;
}

/** @param done is told in a sentence what was done */
export function useBarring(done: (what: string) => void | Promise<void>): Barring {
	const { api } = useConsole();
	const action = useAction();
	const [asks, setAsks] = useState<BarCount>();
	return {
		action,
		asks,
		async count(who) {
			await action.run(async () => setAsks(await api.countBar(who)));
		},
		close(what) {
			setAsks(undefined);
			if (what !== undefined) void done(what);
		},
	};
}

export function BarDialog({ barring }: { barring: Barring }) {
	const { asks, action } = barring;
	return (
		<>
			{action.fault && <FaultBanner fault={action.fault} />}
			{asks && <Dialog asks={asks} close={barring.close} />}
		</>
	);
}

function Dialog({
	asks: { who, kind, registrations, people, isBarred },
	close,
}: {
	asks: BarCount;
	close: Barring["close"];
}) {
	const { api, formats } = useConsole();
	const action = useAction();
	const [mistyped, setMistyped] = useState(false);
	const isDomain = kind === "domain";
	const what = isDomain
		? `${counted(formats, registrations, "registration")} of ${counted(formats, people, "person", "people")}`
		: counted(formats, registrations, "registration");
	return (
		<Ask
			title={`Bar ${who}?`}
			text={
				<>
					<p>
						<strong>{what}</strong> {registrations === 1 ? "ends" : "end"} at once, and{" "}
						{isDomain ? `nobody at ${who}` : who} can{isDomain ? "" : "not"} register.
					</p>
					<p>
						{isBarred
							? "It is barred already: the reason is replaced."
							: "You find it under “Barred”, and can lift it. Ended devices must register again."}
					</p>
				</>
			}
			sure={`Bar ${who}`}
			action={action}
			end={(form) => {
				if (isDomain && typed(form, "confirm").trim().toLowerCase() !== who.toLowerCase()) {
					setMistyped(true);
					form.querySelector<HTMLInputElement>("[name=confirm]")?.focus();
					return;
				}
				setMistyped(false);
				void action.run(async () => {
					await api.bar({ who, reason: typed(form, "reason").trim() });
					close(`${who} is barred. ${what} ended.`);
				});
			}}
			close={() => close()}
		>
			<Field
				id="reason"
				name="reason"
				label="Reason"
				hint="Only this console shows it."
				type="text"
				autocomplete="off"
				maxLength={consolePageBounds.barReason.is}
			/>
			{isDomain && (
				<Field
					id="confirm"
					name="confirm"
					label="Type the domain to confirm"
					type="text"
					autocomplete="off"
					verbatim
					error={mistyped && `This is not ${who}.`}
				/>
			)}
		</Ask>
	);
}
