ALTER TABLE `events` ADD `count` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `events` ADD `is_strangers` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `events_kind` ON `events` (`kind`);--> statement-breakpoint
CREATE INDEX `events_is_strangers` ON `events` (`is_strangers`);--> statement-breakpoint
CREATE INDEX `registrations_domain` ON `registrations` (substr("owner", instr("owner", '@') + 1),`owner`) WHERE owner <> '';--> statement-breakpoint
CREATE INDEX `registrations_device_name` ON `registrations` ("device_name" COLLATE NOCASE) WHERE device_name is not null;--> statement-breakpoint
CREATE INDEX `registrations_app` ON `registrations` (`app`);