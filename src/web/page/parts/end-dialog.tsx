/** @jsxImportSource preact */
/** Asks before a device ends. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { DeviceView } from "../accounts/device-view.ts";
import { usePage, useTexts } from "../page.ts";
import { FaultBanner } from "./fault-text.tsx";
import { Filled, Jid } from "./text.tsx";
import type { Action } from "./use-action.ts";

/** @param end is done when it is sure @param close without an end */
export function EndDialog({
	device,
	action,
	end,
	close,
}: {
	device: DeviceView;
	action: Action;
	end: () => void;
	close: () => void;
}) {
	const { accounts } = usePage();
	const { device: t } = useTexts();
	const dialog = useRef<HTMLDialogElement>(null);
	const way = useRef<HTMLButtonElement>(null);
	useLayoutEffect(() => {
		dialog.current?.showModal();
		// Not on what ends something.
		way.current?.focus();
	}, []);
	return (
		<dialog ref={dialog} aria-labelledby="end-title" aria-describedby="end-text" onClose={close}>
			<div class="stack">
				<h2 id="end-title">{t.endTitle(device.name)}</h2>
				<p id="end-text">
					<Filled text={device.own ? t.endOwn : t.endOther} jid={<Jid jid={device.account} />} />{" "}
					{!accounts.list(device.account)?.open && t.endLater}
				</p>
				{action.fault && <FaultBanner fault={action.fault} />}
				<div class="row actions">
					<button class="btn ends sure" type="button" disabled={action.busy} onClick={end}>
						{t.end}
					</button>
					<button ref={way} class="btn" type="button" onClick={() => dialog.current?.close()}>
						{t.keep}
					</button>
				</div>
			</div>
		</dialog>
	);
}
