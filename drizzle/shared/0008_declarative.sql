ALTER TABLE `registrations` ADD `title` text;--> statement-breakpoint
ALTER TABLE `registrations` ADD `navigate` text;