ALTER TABLE `registrations` ADD `party` text;--> statement-breakpoint
CREATE INDEX `registrations_party` ON `registrations` (`party`);