DROP INDEX `registrations_host`;--> statement-breakpoint
CREATE INDEX `registrations_host_party` ON `registrations` (`host`,`party`);--> statement-breakpoint
CREATE INDEX `registrations_tried` ON `registrations` (`host`,`renewed_at`) WHERE last_error_at is not null and last_success_at is null and host is not null;