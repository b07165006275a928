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
CREATE TABLE `reservation_items` (
	`order_id` text NOT NULL,
	`product_id` text NOT NULL,
	`quantity` integer NOT NULL,
	PRIMARY KEY(`order_id`, `product_id`),
	FOREIGN KEY (`order_id`) REFERENCES `reservations`(`order_id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`product_id`) REFERENCES `stock`(`product_id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "reservation_items_quantity_check" CHECK("reservation_items"."quantity" > 0)
);
--> statement-breakpoint
CREATE TABLE `reservations` (
	`order_id` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `reservations_held` ON `reservations` (`expires_at`,`order_id`) WHERE status = 'held';--> statement-breakpoint
CREATE TABLE `saga_fence` (
	`saga_id` text NOT NULL,
	`step` text NOT NULL,
	`phase` text NOT NULL,
	`state` text NOT NULL,
	`reply` text,
	`at` integer NOT NULL,
	PRIMARY KEY(`saga_id`, `step`, `phase`)
);
--> statement-breakpoint
CREATE TABLE `stock` (
	`product_id` text PRIMARY KEY NOT NULL,
	`available` integer NOT NULL,
	`received` integer NOT NULL,
	CONSTRAINT "stock_available_check" CHECK("stock"."available" >= 0),
	CONSTRAINT "stock_received_check" CHECK("stock"."available" <= "stock"."received")
);
