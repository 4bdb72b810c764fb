/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** Pages of what is registered: all of it, and one registration. */
import type { Handler } from "hono";
import { httpBounds } from "../../limits/bounds/http.ts";
import type { AppDeps, RequestEnv } from "../deps.ts";
import { lines } from "../lines.ts";
import { lookUp } from "../new-registration.ts";
import { Frame, SETTINGS } from "./frame.tsx";
import { RegistrationDetails, RegistrationTable } from "./list.tsx";

/** Registrations to a page of the list. */
export const PER_PAGE = httpBounds.pageRows.is;

export function listPage({ registrations }: Pick<AppDeps, "registrations">): Handler<RequestEnv> {
	return async (c) => {
		const before = c.req.query("before");
		if (before !== undefined && !/^\d{1,15}$/.test(before)) {
			return lines(400, "ERROR", `before is a number: begin at ${SETTINGS}, and follow its links.`);
		}
		const list = await registrations.list(PER_PAGE, before === undefined ? undefined : Number(before));
		return c.html(
			<Frame title="Registrations" c={c}>
				{list.registrations.length > 0 ? (
					<>
						<p class="dim">The newest first. Times are UTC.</p>
						<div class="scroll">
							<RegistrationTable list={list} path={SETTINGS} />
						</div>
					</>
				) : (
					<p>{before === undefined ? "There are none." : "There are no more."}</p>
				)}
				<p>
					{before !== undefined && <a href={SETTINGS}>Newest</a>}{" "}
					{list.next !== undefined && (
						<a href={`${SETTINGS}?before=${list.next}`} rel="next">
							Next {PER_PAGE}
						</a>
					)}
				</p>
			</Frame>,
		);
	};
}

export function detailsPage(deps: Pick<AppDeps, "registrations">): Handler<RequestEnv, "/:node"> {
	return async (c) => {
		const node = c.req.param("node");
		const found = await lookUp(deps, node);
		if (!found) {
			return c.html(
				<Frame title="No such registration" c={c}>
					<p>
						There is none with this node any more. <a href={SETTINGS}>Those that there are</a>
					</p>
				</Frame>,
				404,
			);
		}
		return c.html(
			<Frame title="Registration" c={c}>
				<div class="narrow">
					<RegistrationDetails registration={found} />
				</div>
			</Frame>,
		);
	};
}
