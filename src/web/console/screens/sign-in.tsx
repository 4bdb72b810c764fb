/** @jsxImportSource preact */
/** The admin token is exchanged for a session. */

import { Field, takePassword } from "../../page/parts/field.tsx";
import { Bugle } from "../../page/parts/marks.tsx";
import { useConsole } from "../console.ts";
import { Skip } from "../parts/frame.tsx";
import { Heading } from "../parts/heading.tsx";
import { useAction } from "../use-action.ts";

/** @param isLost somebody was signed in, and is no more: the screen of before comes again afterwards */
export function SignInScreen({ isLost }: { isLost: boolean }) {
	const { host, signIn } = useConsole();
	const action = useAction();
	const { fault } = action;
	return (
		<>
			<Skip />
			<header class="head">
				<span class="brand">
					<Bugle />
					Reveille
				</span>
				<span class="host">{host}</span>
			</header>
			<div class="app">
				<main id="main" class="mid" tabIndex={-1}>
					<div class="stack wide">
						<div class="stack close">
							<Heading title="Console" />
							<p class="lead any">For the operator of {host}.</p>
						</div>
						{isLost && (
							<div class="banner warn" role="alert">
								<strong>You are signed out</strong>
								<p>
									12 hours are over, or the token is another one. Sign in again, and you are where you were.
								</p>
							</div>
						)}
						<form
							class="stack"
							onSubmit={(event) => {
								event.preventDefault();
								const token = takePassword(event.currentTarget, "token");
								void action.run(() => signIn(token));
							}}
						>
							{/* A password manager keeps the token under this name. */}
							<input hidden type="text" name="username" autocomplete="username" value="operator" readOnly />
							<Field
								id="token"
								name="token"
								label="Admin token"
								hint="The value of ADMIN_TOKEN in the settings of this server."
								type="password"
								autocomplete="current-password"
								required
								error={fault && `${fault.what} ${fault.next}`}
							/>
							<div class="row actions">
								<button class="btn next" type="submit" disabled={action.isBusy}>
									Sign in
								</button>
							</div>
							<p class="small muted">You stay signed in for 12 hours. A new token signs everybody out.</p>
						</form>
					</div>
				</main>
			</div>
		</>
	);
}
