ALTER TABLE `outbox` ADD `gate` text;--> statement-breakpoint
ALTER TABLE `outbox` ADD `publisher` text;--> statement-breakpoint
CREATE INDEX `outbox_gate` ON `outbox` (`gate`,`due_at`);