/** @jsxImportSource preact */
/** Which screen is shown. */
import { useConsole } from "./console.ts";
import { FaultBanner } from "./parts/faults.tsx";
import { Frame } from "./parts/frame.tsx";
import { Barred } from "./screens/barred.tsx";
import { Events } from "./screens/events.tsx";
import { Invites } from "./screens/invites.tsx";
import { OverviewScreen } from "./screens/overview.tsx";
import { Registration } from "./screens/registration.tsx";
import { Registrations } from "./screens/registrations.tsx";
import { Services } from "./screens/services.tsx";
import { SignInScreen } from "./screens/sign-in.tsx";

export function App() {
	const { session, resume } = useConsole();
	const { value } = session;
	switch (value.is) {
		case "asked":
			return (
				<main class="app">
					<h1 class="hush">Console</h1>
					<p class="mid muted" role="status">
						Loading …
					</p>
				</main>
			);
		case "unknown":
			return (
				<main class="app">
					<h1 class="hush">Console</h1>
					<div class="mid">
						<FaultBanner fault={value.fault} retry={() => void resume()} />
					</div>
				</main>
			);
		case "signed-out":
		case "lost":
			return <SignInScreen isLost={value.is === "lost"} />;
		case "signed-in":
			return (
				<Frame>
					<Screen />
				</Frame>
			);
	}
}

function Screen() {
	const { value } = useConsole().route;
	switch (value.at) {
		case "overview":
			return <OverviewScreen key="overview" period={value.period} />;
		case "services":
			return <Services key="services" period={value.period} />;
		case "registrations":
			return <Registrations key="registrations" asked={value} />;
		case "registration":
			return <Registration key={value.node} node={value.node} />;
		case "barred":
			return <Barred key="barred" />;
		case "events":
			return <Events key={`events ${JSON.stringify(value)}`} asked={value} />;
		case "invites":
			return <Invites key="invites" />;
	}
}
