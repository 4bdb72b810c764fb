CREATE TABLE `facts` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `handover` (
	`id` text PRIMARY KEY NOT NULL,
	`node` text NOT NULL,
	`notification` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`claimed_by` text,
	`claimed_until` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `handover_claimed_until` ON `handover` (`claimed_until`);--> statement-breakpoint
CREATE TABLE `registrations` (
	`node` text PRIMARY KEY NOT NULL,
	`owner` text DEFAULT '' NOT NULL,
	`app` text NOT NULL,
	`device` text NOT NULL,
	`device_name` text,
	`token` text NOT NULL,
	`p256dh` text,
	`auth` text,
	`host` text,
	`address` text,
	`registered_at` integer NOT NULL,
	`renewed_at` integer NOT NULL,
	`last_success_at` integer,
	`last_error_at` integer,
	`last_error` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `registrations_device` ON `registrations` (`owner`,`app`,`device`);--> statement-breakpoint
CREATE INDEX `registrations_token` ON `registrations` (`token`);--> statement-breakpoint
CREATE INDEX `registrations_host` ON `registrations` (`host`);--> statement-breakpoint
CREATE INDEX `registrations_address` ON `registrations` (`address`);--> statement-breakpoint
CREATE TABLE `statistics` (
	`day` integer NOT NULL,
	`app` text NOT NULL,
	`outcome` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`day`, `app`, `outcome`)
);
