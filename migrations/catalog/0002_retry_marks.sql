ALTER TABLE `cursors` ADD `looked` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `cursors` ADD `failures` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `cursors` ADD `retry_at` integer DEFAULT 0 NOT NULL;