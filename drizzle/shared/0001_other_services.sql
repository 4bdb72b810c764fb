ALTER TABLE `registrations` ADD `voip_token` text;--> statement-breakpoint
ALTER TABLE `registrations` ADD `application_id` text;