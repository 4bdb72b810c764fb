CREATE TABLE `unifiedpush_messages` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`node` text NOT NULL,
	`party` text NOT NULL,
	`topic` text,
	`bytes` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`due_at` integer NOT NULL,
	`tries` integer DEFAULT 0 NOT NULL,
	`claimed_by` text,
	`claimed_until` integer DEFAULT 0 NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `unifiedpush_messages_node` ON `unifiedpush_messages` (`node`);--> statement-breakpoint
CREATE INDEX `unifiedpush_messages_due_at` ON `unifiedpush_messages` (`due_at`);--> statement-breakpoint
CREATE INDEX `unifiedpush_messages_party` ON `unifiedpush_messages` (`party`,`bytes`);