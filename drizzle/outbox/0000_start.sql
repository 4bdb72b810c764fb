CREATE TABLE `outbox` (
	`node` text NOT NULL,
	`class` text NOT NULL,
	`version` integer NOT NULL,
	`notification` text NOT NULL,
	`attempts` integer NOT NULL,
	`due_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`last_error` text,
	PRIMARY KEY(`node`, `class`)
);
--> statement-breakpoint
CREATE INDEX `outbox_due_at` ON `outbox` (`due_at`);--> statement-breakpoint
CREATE TABLE `streams` (
	`address` text PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`inbound` integer NOT NULL,
	`jid` text NOT NULL
);
