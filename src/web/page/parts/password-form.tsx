/** @jsxImportSource preact */
/** The password once more, for an account that is known: its other devices are seen then. */
import { usePage, useTexts } from "../page.ts";
import { sentenceOf } from "./fault-text.tsx";
import { Field, takePassword } from "./field.tsx";
import { useAction } from "./use-action.ts";

export function PasswordForm({ account }: { account: string }) {
	const { accounts } = usePage();
	const t = useTexts();
	const { busy, fault, run } = useAction();
	return (
		<form
			class="inline-form"
			onSubmit={(event) => {
				event.preventDefault();
				const password = takePassword(event.currentTarget, "password");
				if (password !== "") void run(() => accounts.open(account, password));
			}}
		>
			<input type="hidden" name="username" autocomplete="username" value={account} />
			<Field
				id="pw"
				label={t.signIn.password}
				error={fault && sentenceOf(t, fault)}
				name="password"
				type="password"
				autocomplete="current-password"
			/>
			<button class="btn next" type="submit" disabled={busy}>
				{busy ? t.loading : t.devices.showAll}
			</button>
		</form>
	);
}
