CREATE TABLE `gone_endpoints` (
	`hash` text PRIMARY KEY NOT NULL,
	`gone_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `gone_endpoints_gone_at` ON `gone_endpoints` (`gone_at`);