CREATE TABLE `bought_together` (
	`product_id` text NOT NULL,
	`other_id` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`product_id`, `other_id`)
);
--> statement-breakpoint
CREATE INDEX `bought_together_count` ON `bought_together` (`product_id`,`count`);--> statement-breakpoint
CREATE TABLE `cursors` (
	`source` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `inbox` (
	`source` text NOT NULL,
	`event_id` text NOT NULL,
	`applied_at` integer NOT NULL,
	PRIMARY KEY(`source`, `event_id`)
);
--> statement-breakpoint
CREATE TABLE `order_view` (
	`order_id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`status` text NOT NULL,
	`items` text NOT NULL,
	`total_amount` integer NOT NULL,
	`total_currency` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`applied` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `order_view_user` ON `order_view` (`user_id`,`created_at`,`order_id`);--> statement-breakpoint
CREATE TABLE `order_view_timeline` (
	`order_id` text NOT NULL,
	`seq` integer NOT NULL,
	`status` text NOT NULL,
	`at` integer NOT NULL,
	`reason` text,
	PRIMARY KEY(`order_id`, `seq`)
);
--> statement-breakpoint
CREATE TABLE `payment_view` (
	`order_id` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL,
	`applied` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `product_sales` (
	`product_id` text PRIMARY KEY NOT NULL,
	`sold` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `product_sales_sold` ON `product_sales` (`sold`);