CREATE TABLE `events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`subject` text NOT NULL,
	`subject_seq` integer NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`data` text NOT NULL,
	`time` integer NOT NULL,
	`traceparent` text NOT NULL,
	`sent_at` integer,
	`tried_at` integer,
	`unsent_to` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_id_unique` ON `events` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `events_subject` ON `events` (`subject`,`subject_seq`);--> statement-breakpoint
CREATE INDEX `events_unsent` ON `events` (`tried_at`,`seq`) WHERE sent_at IS NULL;