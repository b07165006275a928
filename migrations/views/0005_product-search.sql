CREATE TABLE `product_view` (
	`key` integer PRIMARY KEY NOT NULL,
	`product_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`price_amount` integer NOT NULL,
	`price_currency` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `product_view_product_id_unique` ON `product_view` (`product_id`);--> statement-breakpoint
CREATE TABLE `product_view_shadow` (
	`key` integer PRIMARY KEY NOT NULL,
	`product_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`price_amount` integer NOT NULL,
	`price_currency` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `product_view_shadow_product_id_unique` ON `product_view_shadow` (`product_id`);