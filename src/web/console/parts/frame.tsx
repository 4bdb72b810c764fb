/** @jsxImportSource preact */
/** What stands around every screen: the rail of a wide window, the head and its menu of a narrow one. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Bugle } from "../../page/parts/marks.tsx";
import { useConsole, useSession } from "../console.ts";
import { hashOf, type Route } from "../routes.ts";
import { useAction } from "../use-action.ts";
import { FaultLine } from "./faults.tsx";

const PLACES: readonly { name: string; route: Route; also?: Route["at"] }[] = [
	{ name: "Overview", route: { at: "overview", period: "hour" } },
	{ name: "Push services", route: { at: "services", period: "hour" } },
	{ name: "Registrations", route: { at: "registrations" }, also: "registration" },
	{ name: "Barred", route: { at: "barred" } },
	{ name: "What happened", route: { at: "events" } },
	{ name: "Invites", route: { at: "invites" } },
];

export function Frame({ children }: { children: ComponentChildren }) {
	const { host, version } = useSession();
	return (
		<>
			<Skip />
			<div class="shell">
				<header class="head">
					<Brand />
					<Menu />
				</header>
				<header class="rail">
					<Brand />
					<Places />
					<div class="rail-foot stack tight small muted">
						<span class="jid">{host}</span>
						<span>Version {version}</span>
						<SignOut />
					</div>
				</header>
				<main id="main" class="console stack wide" tabIndex={-1}>
					{children}
				</main>
			</div>
		</>
	);
}

/** A link to #main would be another screen. */
export const Skip = () => (
	<button
		class="skip"
		type="button"
		onClick={({ currentTarget }) => currentTarget.ownerDocument.querySelector("main")?.focus()}
	>
		Go to the content
	</button>
);

const Brand = () => (
	<a class="brand" href={hashOf({ at: "overview", period: "hour" })}>
		<Bugle />
		Reveille
	</a>
);

function Places() {
	const { at } = useConsole().route.value;
	const { webApp } = useSession();
	return (
		<nav aria-label="Console">
			<ul class="navlist">
				{PLACES.filter(({ route }) => webApp || route.at !== "invites" || at === "invites").map(
					({ name, route, also }) => (
						<li key={name}>
							<a href={hashOf(route)} aria-current={at === route.at || at === also ? "page" : undefined}>
								{name}
							</a>
						</li>
					),
				)}
			</ul>
		</nav>
	);
}

/** It shuts when another screen is chosen, by Escape, and when the focus leaves it. */
function Menu() {
	const { route } = useConsole();
	const menu = useRef<HTMLDetailsElement>(null);
	const { value } = route;
	const shut = () => {
		if (menu.current) menu.current.open = false;
	};
	useEffect(shut, [value]);
	return (
		<details
			class="menu"
			ref={menu}
			onKeyDown={(event) => {
				if (event.key !== "Escape" || !menu.current?.open) return;
				shut();
				menu.current.querySelector("summary")?.focus();
			}}
			onFocusOut={({ relatedTarget }) => {
				// Nothing is focused where a click hits no control of the menu: it stays.
				if (relatedTarget !== null && !menu.current?.contains(relatedTarget as Node)) shut();
			}}
		>
			<summary class="btn">Menu</summary>
			<div class="menu-panel">
				<Places />
				<SignOut />
			</div>
		</details>
	);
}

function SignOut() {
	const { signOut } = useConsole();
	const action = useAction();
	return (
		<>
			<div>
				<button
					class="btn quiet"
					type="button"
					disabled={action.isBusy}
					onClick={() => void action.run(signOut)}
				>
					Sign out
				</button>
			</div>
			<FaultLine fault={action.fault} />
		</>
	);
}
