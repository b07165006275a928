CREATE TABLE `cancellation_parts` (
	`order_id` text NOT NULL,
	`seq` integer NOT NULL,
	`part` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`order_id`, `seq`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `cancellation_parts_part` ON `cancellation_parts` (`order_id`,`part`);--> statement-breakpoint
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
CREATE TABLE `order_items` (
	`order_id` text NOT NULL,
	`line` integer NOT NULL,
	`product_id` text NOT NULL,
	`name` text NOT NULL,
	`quantity` integer NOT NULL,
	`price_amount` integer NOT NULL,
	`price_currency` text NOT NULL,
	PRIMARY KEY(`order_id`, `line`)
);
--> statement-breakpoint
CREATE TABLE `order_timeline` (
	`order_id` text NOT NULL,
	`seq` integer NOT NULL,
	`status` text NOT NULL,
	`at` integer NOT NULL,
	`reason` text,
	PRIMARY KEY(`order_id`, `seq`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `order_timeline_status` ON `order_timeline` (`order_id`,`status`);--> statement-breakpoint
CREATE TABLE `orders` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`status` text NOT NULL,
	`total_amount` integer NOT NULL,
	`total_currency` text NOT NULL,
	`reason` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `orders_status` ON `orders` (`status`);--> statement-breakpoint
CREATE TABLE `saga_fence` (
	`saga_id` text NOT NULL,
	`step` text NOT NULL,
	`phase` text NOT NULL,
	`state` text NOT NULL,
	`reply` text,
	`at` integer NOT NULL,
	PRIMARY KEY(`saga_id`, `step`, `phase`)
);
