CREATE TABLE `stream_leases` (
	`address` text PRIMARY KEY NOT NULL,
	`holder` text NOT NULL,
	`beat` integer NOT NULL,
	`id` text,
	`inbound` integer DEFAULT 0 NOT NULL
);
