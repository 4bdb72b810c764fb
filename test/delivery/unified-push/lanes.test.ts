import { expect, test } from "bun:test";
import { createLanes } from "../../../src/delivery/unified-push/lanes.ts";
import type { KeptMessage } from "../../../src/store/unified-push/messages.ts";
import type { Registration } from "../../../src/types.ts";

const registration = { node: "N", owner: "juliet@example.org" } as Registration;
const message = (id: number): KeptMessage => ({ id, node: "N", body: "" });

/** @param isTaken what the device says to each push */
function open(isTaken: boolean) {
	const delivered: number[] = [];
	const state = { claims: 0, onDelivered: () => {} };
	const lanes = createLanes({
		messages: {
			async claim() {
				state.claims += 1;
				return [];
			},
			putOff: async () => {},
			removeOf: async () => {},
		},
		registrations: { find: async () => registration, findAtPrimary: async () => registration },
		claimant: "one",
		async deliver(_registration, { id }) {
			delivered.push(id);
			if (id === 1) state.onDelivered();
			return isTaken;
		},
		onFault: () => {},
	});
	return { lanes, delivered, state };
}

/** A moment as short as there is one: an answer, a push and a presence may come with the same packet. */
async function turns(count: number, then: () => void) {
	for (let turn = 0; turn < count; turn++) await undefined;
	then();
}

test("a push that comes as a lane ends is sent, whenever that is", async () => {
	for (const isTaken of [true, false]) {
		for (let count = 0; count < 20; count++) {
			const { lanes, delivered, state } = open(isTaken);
			let wasThere = true;
			state.onDelivered = () =>
				void turns(count, () => {
					wasThere = lanes.has("N");
					lanes.add(registration, message(2), false);
				});
			lanes.add(registration, message(1), false);
			await Bun.sleep(1);
			// What comes while a device is found to be away waits for its next try with the others.
			if (isTaken || !wasThere) expect([count, delivered]).toEqual([count, [1, 2]]);
			expect(lanes.has("N")).toBe(false);
		}
	}
});

test("a device that comes online as a lane ends is asked again, whenever that is", async () => {
	for (let count = 0; count < 20; count++) {
		const { lanes, state } = open(false);
		state.onDelivered = () => void turns(count, () => lanes.flush("N"));
		lanes.add(registration, message(1), false);
		await Bun.sleep(1);
		expect([count, state.claims]).toEqual([count, 1]);
	}
});
