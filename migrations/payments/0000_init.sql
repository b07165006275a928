CREATE TABLE `acquirer_attempts` (
	`order_id` text PRIMARY KEY NOT NULL,
	`attempts` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `cursors` (
	`source` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`subject` text NOT NULL,
	`subject_seq` integer NOT NULL,
	`data` text NOT NULL,
	`time` integer NOT NULL,
	`traceparent` text NOT NULL,
	`sent_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_id_unique` ON `events` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `events_subject` ON `events` (`subject`,`subject_seq`);--> statement-breakpoint
CREATE INDEX `events_unsent` ON `events` (`seq`) WHERE sent_at IS NULL;--> statement-breakpoint
CREATE TABLE `inbox` (
	`source` text NOT NULL,
	`event_id` text NOT NULL,
	`applied_at` integer NOT NULL,
	PRIMARY KEY(`source`, `event_id`)
);
--> statement-breakpoint
CREATE TABLE `ledger_entries` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`order_id` text NOT NULL,
	`kind` text NOT NULL,
	`account` text NOT NULL,
	`direction` text NOT NULL,
	`amount` integer NOT NULL,
	`at` integer NOT NULL,
	CONSTRAINT "ledger_sign" CHECK(CASE "ledger_entries"."direction" WHEN 'in' THEN "ledger_entries"."amount" >= 0 ELSE "ledger_entries"."amount" <= 0 END)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `ledger_once` ON `ledger_entries` (`order_id`,`account`,`direction`);--> statement-breakpoint
CREATE TABLE `payments` (
	`order_id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`amount` integer NOT NULL,
	`currency` text NOT NULL,
	`token` text NOT NULL,
	`status` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `saga_fence` (
	`saga_id` text NOT NULL,
	`step` text NOT NULL,
	`phase` text NOT NULL,
	`state` text NOT NULL,
	`reply` text,
	`at` integer NOT NULL,
	PRIMARY KEY(`saga_id`, `step`, `phase`)
);
