-- Filled anew from the logs: what the inbox has applied was not in their order.
DELETE FROM `order_view`;--> statement-breakpoint
DELETE FROM `order_view_timeline`;--> statement-breakpoint
DELETE FROM `payment_view`;--> statement-breakpoint
DELETE FROM `product_sales`;--> statement-breakpoint
DELETE FROM `bought_together`;--> statement-breakpoint
CREATE TABLE `bought_together_shadow` (
	`product_id` text NOT NULL,
	`other_id` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`product_id`, `other_id`)
);
--> statement-breakpoint
CREATE INDEX `bought_together_count_shadow` ON `bought_together_shadow` (`product_id`,`count`);--> statement-breakpoint
CREATE TABLE `order_view_shadow` (
	`order_id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`status` text NOT NULL,
	`items` text NOT NULL,
	`total_amount` integer NOT NULL,
	`total_currency` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `order_view_user_shadow` ON `order_view_shadow` (`user_id`,`created_at`,`order_id`);--> statement-breakpoint
CREATE TABLE `order_view_timeline_shadow` (
	`order_id` text NOT NULL,
	`seq` integer NOT NULL,
	`status` text NOT NULL,
	`at` integer NOT NULL,
	`reason` text,
	PRIMARY KEY(`order_id`, `seq`)
);
--> statement-breakpoint
CREATE TABLE `payment_view_shadow` (
	`order_id` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `product_sales_shadow` (
	`product_id` text PRIMARY KEY NOT NULL,
	`sold` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `product_sales_sold_shadow` ON `product_sales_shadow` (`sold`);--> statement-breakpoint
CREATE TABLE `shipment_view` (
	`order_id` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `shipment_view_shadow` (
	`order_id` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL
);
--> statement-breakpoint
ALTER TABLE `order_view` DROP COLUMN `applied`;--> statement-breakpoint
ALTER TABLE `payment_view` DROP COLUMN `applied`;