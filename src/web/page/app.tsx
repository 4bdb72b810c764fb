/** @jsxImportSource preact */
/** Which screen is shown. */
import type { ComponentChildren } from "preact";
import { usePage } from "./page.ts";
import { Frame } from "./parts/frame.tsx";
import { Address } from "./screens/address.tsx";
import { Allow } from "./screens/allow.tsx";
import { CopyValues } from "./screens/copy-values.tsx";
import { Device, NoSuchDevice } from "./screens/device.tsx";
import { Devices } from "./screens/devices.tsx";
import { Finding } from "./screens/finding.tsx";
import { Install } from "./screens/install.tsx";
import { Invite } from "./screens/invite.tsx";
import { Missing } from "./screens/missing.tsx";
import { ObstacleScreen } from "./screens/obstacle.tsx";
import { Registering } from "./screens/registering.tsx";
import { SignIn } from "./screens/sign-in.tsx";
import { Stopped } from "./screens/stopped.tsx";
import { Test } from "./screens/test.tsx";
import type { SetUpState } from "./set-up.ts";

export const App = () => (
	<Frame>
		<Screen />
	</Frame>
);

function Screen(): ComponentChildren {
	const { route, accounts } = usePage();
	const { value } = route;
	const [first] = accounts.names.value;
	if (value.at === "copy") {
		return (
			<Unobstructed>
				<CopyValues key="copy" />
			</Unobstructed>
		);
	}
	if (value.at === "device" && first !== undefined) {
		const device = accounts.device(value.node);
		return device ? <Device key={value.node} device={device} /> : <NoSuchDevice account={first} />;
	}
	if (value.at === "devices" && first !== undefined) {
		const account = accounts.names.value.find((name) => name === value.account) ?? first;
		return <Devices key={account} account={account} />;
	}
	return (
		<Unobstructed>
			<SetUpScreen />
		</Unobstructed>
	);
}

/** A set-up, where one is possible. */
function Unobstructed({ children }: { children: ComponentChildren }) {
	const { obstacle } = usePage();
	if (obstacle === undefined) return <>{children}</>;
	return obstacle === "install" ? <Install /> : <ObstacleScreen obstacle={obstacle} />;
}

function SetUpScreen() {
	const state = usePage().setUp.state.value;
	return <SetUpStep key={state.at} state={state} />;
}

function SetUpStep({ state }: { state: SetUpState }) {
	switch (state.at) {
		case "sign-in":
			return <SignIn state={state} />;
		case "finding":
			return <Finding state={state} />;
		case "address":
			return <Address state={state} />;
		case "missing":
			return <Missing state={state} />;
		case "allow":
		case "denied":
			return <Allow state={state} />;
		case "invite":
			return <Invite state={state} />;
		case "registering":
			return <Registering state={state} />;
		case "stopped":
			return <Stopped state={state} />;
		case "testing":
		case "tested":
			return <Test state={state} />;
	}
}
