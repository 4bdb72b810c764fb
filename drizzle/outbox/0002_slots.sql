CREATE TABLE `__new_outbox` (
	`node` text NOT NULL,
	`class` text NOT NULL,
	`slot` text DEFAULT '' NOT NULL,
	`version` integer NOT NULL,
	`notification` text NOT NULL,
	`attempts` integer NOT NULL,
	`due_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`last_error` text,
	`gate` text,
	`publisher` text,
	PRIMARY KEY(`node`, `class`, `slot`)
);
--> statement-breakpoint
INSERT INTO `__new_outbox`("node", "class", "slot", "version", "notification", "attempts", "due_at", "expires_at", "last_error", "gate", "publisher") SELECT "node", "class", '', "version", "notification", "attempts", "due_at", "expires_at", "last_error", "gate", "publisher" FROM `outbox`;--> statement-breakpoint
DROP TABLE `outbox`;--> statement-breakpoint
ALTER TABLE `__new_outbox` RENAME TO `outbox`;--> statement-breakpoint
CREATE INDEX `outbox_due_at` ON `outbox` (`due_at`);--> statement-breakpoint
CREATE INDEX `outbox_gate` ON `outbox` (`gate`,`due_at`);