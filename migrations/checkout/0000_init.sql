CREATE TABLE `saga_index` (
	`id` text PRIMARY KEY NOT NULL,
	`definition` text NOT NULL,
	`state` text NOT NULL,
	`started_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`next_due_at` integer
);
--> statement-breakpoint
CREATE INDEX `saga_index_due` ON `saga_index` (`next_due_at`);--> statement-breakpoint
CREATE INDEX `saga_index_state` ON `saga_index` (`state`);