CREATE TABLE `former_secrets` (
	`node` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `pubsub_nodes` (
	`node` text PRIMARY KEY NOT NULL,
	`host` text NOT NULL,
	`ready_at` integer,
	`claimed_at` integer
);
--> statement-breakpoint
CREATE INDEX `pubsub_nodes_host` ON `pubsub_nodes` (`host`,`claimed_at`,`ready_at`);--> statement-breakpoint
ALTER TABLE `registrations` ADD `jid` text;--> statement-breakpoint
ALTER TABLE `registrations` ADD `dialect` text;--> statement-breakpoint
ALTER TABLE `registrations` ADD `muc` text;