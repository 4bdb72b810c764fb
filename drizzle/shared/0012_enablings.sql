CREATE TABLE `enablings` (
	`node` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`domain` text NOT NULL,
	`jid` text NOT NULL,
	`state` text NOT NULL,
	`reason` text,
	`since` integer NOT NULL,
	`tried_since` integer NOT NULL,
	`tries` integer DEFAULT 0 NOT NULL,
	`due_at` integer
);
--> statement-breakpoint
CREATE INDEX `enablings_due` ON `enablings` (`domain`,`due_at`) WHERE due_at is not null;--> statement-breakpoint
CREATE INDEX `enablings_owner` ON `enablings` (`owner`);