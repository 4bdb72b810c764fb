/** A page with nothing but the store of the web app, for the test that looks at its notifications. */
import { createDevices } from "../../../src/web/store/devices-store.ts";

Object.assign(globalThis, { devices: createDevices({ indexedDB, now: () => Date.now() }) });
