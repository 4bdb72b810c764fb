/** @jsxImportSource preact */
/** Adds an ntfy topic as a device of an account: the ntfy app shows the notifications then. */
import { useState } from "preact/hooks";
import { usePage, useTexts } from "../page.ts";
import { FaultBanner } from "./fault-text.tsx";
import { Field, typed } from "./field.tsx";
import { useAction } from "./use-action.ts";

/** @param added is called when it is there */
export function TopicForm({ account, added }: { account: string; added: () => void }) {
	const { accounts } = usePage();
	const t = useTexts();
	const { busy, fault, run } = useAction();
	const [mistake, setMistake] = useState(false);
	return (
		<details class="fold strong">
			<summary>{t.devices.topic}</summary>
			<form
				class="stack"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					const topic = typed(event.currentTarget, "topic").trim();
					setMistake(!isTopic(topic));
					if (!isTopic(topic)) return;
					void run(async () => {
						await accounts.addTopic(account, topic);
						added();
					});
				}}
			>
				<p class="small muted">{t.devices.topicText}</p>
				{fault && <FaultBanner fault={fault} />}
				<div class="inline-form">
					<Field
						id="topic"
						label={t.devices.topicLabel}
						error={mistake ? t.devices.topicMistake : undefined}
						name="topic"
						type="url"
						verbatim
						placeholder="https://ntfy.example.net/…"
					/>
					<button class="btn" type="submit" disabled={busy}>
						{t.devices.topicAdd}
					</button>
				</div>
			</form>
		</details>
	);
}

/** A URL with one part behind its host. */
const isTopic = (text: string) =>
	URL.canParse(text) && new URL(text).protocol === "https:" && new URL(text).pathname.length > 1;
