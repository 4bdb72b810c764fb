CREATE TABLE `bars` (
	`who` text PRIMARY KEY NOT NULL,
	`reason` text NOT NULL,
	`made_at` integer NOT NULL,
	`ended` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`kind` text NOT NULL,
	`node` text,
	`owner` text,
	`app` text,
	`reason` text NOT NULL,
	`decider` text NOT NULL,
	`decided_by` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `events_node` ON `events` (`node`);--> statement-breakpoint
CREATE INDEX `events_owner` ON `events` (`owner`);--> statement-breakpoint
CREATE TABLE `history` (
	`minute` integer NOT NULL,
	`connector` text NOT NULL,
	`figures` text NOT NULL,
	PRIMARY KEY(`minute`, `connector`)
);
