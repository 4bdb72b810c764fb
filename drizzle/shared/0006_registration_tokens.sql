CREATE TABLE `registration_tokens` (
	`hash` text PRIMARY KEY NOT NULL,
	`made_at` integer NOT NULL,
	`ends_at` integer
);
