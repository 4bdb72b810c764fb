/** What the process says of itself. prom-client's own series are Node's: on Bun most of them are always zero. */
import { readdir, readFile } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Counter, Gauge } from "prom-client";
import type { MetricName } from "./metric-list.ts";

/** How often the event loop is looked at, ms. */
const RESOLUTION_MS = 20;
const SECOND_NS = 1e9;

/** Makes a metric that is asked at each scrape. */
export interface Makers {
	gauge(name: MetricName, collect: (self: Gauge<string>) => void | Promise<void>): void;
	counter(name: MetricName, collect: (self: Counter<string>) => void | Promise<void>): void;
}

export function addProcessMetrics({ gauge, counter }: Makers): void {
	counter("reveille_process_cpu_seconds_total", (self) => {
		const { user, system } = process.cpuUsage();
		self.inc((user + system) / 1e6);
	});
	gauge("reveille_process_resident_memory_bytes", (self) => self.set(process.memoryUsage.rss()));
	const startedAt = Math.round(Date.now() / 1000 - process.uptime());
	gauge("reveille_process_start_time_seconds", (self) => self.set(startedAt));
	gauge("reveille_process_open_fds", async (self) => {
		const open = await readdir("/proc/self/fd").catch(() => undefined);
		if (open) self.set(open.length);
	});
	gauge("reveille_process_max_fds", async (self) => {
		const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
		const [, most] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
		if (most !== undefined) self.set(Number(most));
	});

	const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
	delay.enable();
	gauge("reveille_event_loop_lag_seconds", (self) => {
		const { max } = delay;
		self.set({ measure: "p50" }, delay.percentile(50) / SECOND_NS);
		self.set({ measure: "p99" }, delay.percentile(99) / SECOND_NS);
		self.set({ measure: "max" }, max / SECOND_NS);
		delay.reset();
	});
}
