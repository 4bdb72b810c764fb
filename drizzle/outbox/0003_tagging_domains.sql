CREATE TABLE `tagging_domains` (
	`domain` text PRIMARY KEY NOT NULL,
	`tagged_at` integer NOT NULL
);
