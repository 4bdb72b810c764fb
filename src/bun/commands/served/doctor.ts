/** What the running Reveille does for `doctor`: a device of its own, and a look at how a request arrived. */
import type { Element } from "@xmpp/xml";
import { Hono } from "hono";
import type { Trials } from "../../../delivery/trial-devices.ts";
import type { RequestWatch } from "../../../routes/request-watch.ts";
import { present } from "../../../syntax/present-fields.ts";
import type { SettingDigests } from "../settings-digests.ts";
import { clock, type LoopEvent, type OwnPublish, type OwnPublished } from "./loop-events.ts";
import { publishElement } from "./publish.ts";

export interface DoctorDeps {
	/** Undefined: there are too many devices. */
	beginTrial: Trials["begin"];
	/** A component publishes to itself. @throws where the answer is an error, or none comes */
	publishToItself(address: string, publish: Element): Promise<void>;
	/** Of the settings in force. */
	settings(word: string): SettingDigests;
	/** How requests arrive; missing: this process has no public pages. */
	requests?: Pick<RequestWatch, "begin" | "of"> | undefined;
}

/** `POST /doctor/loop`, `POST /doctor/publish`, `POST /doctor/settings`, `POST /doctor/request` and `GET /doctor/request/WORD`. */
export function doctorRoutes({ beginTrial, publishToItself, settings, requests }: DoctorDeps): Hono {
	return new Hono()
		.post("/doctor/loop", (c) => {
			const events = loopEvents(beginTrial);
			return c.body(events, 200, { "Content-Type": "application/x-ndjson" });
		})
		.post("/doctor/publish", async (c) => {
			const { address, ...publish } = await c.req.json<OwnPublish>();
			const sentAt = clock();
			try {
				await publishToItself(address, publishElement(publish));
				return c.json<OwnPublished>({ sentAt, answeredAt: clock() });
			} catch (error) {
				return c.json<OwnPublished>({ failure: error instanceof Error ? error.message : String(error) });
			}
		})
		.post("/doctor/settings", async (c) => {
			const { word } = await c.req.json<{ word: string }>();
			return c.json<SettingDigests>(settings(word));
		})
		.post("/doctor/request", (c) => {
			return requests ? c.json({ word: requests.begin() }) : c.json({ word: null });
		})
		.get("/doctor/request/:word", (c) => c.json({ arrival: requests?.of(c.req.param("word")) ?? null }));
}

/** A device as long as somebody reads: it ends when the reader goes. */
function loopEvents(beginTrial: DoctorDeps["beginTrial"]): ReadableStream<Uint8Array> {
	let device: Awaited<ReturnType<DoctorDeps["beginTrial"]>>;
	let isOver = false;
	return new ReadableStream({
		async start(controller) {
			const tell = (event: LoopEvent) => {
				if (!isOver) controller.enqueue(new TextEncoder().encode(`${JSON.stringify(event)}\n`));
			};
			const end = () => {
				if (!isOver) controller.close();
				isOver = true;
			};
			device = await beginTrial(
				(leg, body) => tell({ kind: "leg", leg, at: clock(), ...present({ body }) }),
				end,
			);
			if (isOver) return device?.end();
			if (device) tell({ kind: "device", node: device.node, secret: device.secret });
			else end();
		},
		cancel() {
			isOver = true;
			device?.end();
		},
	});
}
