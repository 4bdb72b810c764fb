CREATE TABLE `invites` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text,
	`link_hash` text NOT NULL,
	`code_hash` text NOT NULL,
	`only_for` text,
	`uses` integer NOT NULL,
	`used` integer DEFAULT 0 NOT NULL,
	`made_at` integer NOT NULL,
	`ends_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invites_link_hash` ON `invites` (`link_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `invites_code_hash` ON `invites` (`code_hash`);--> statement-breakpoint
ALTER TABLE `registrations` ADD `invite` text;