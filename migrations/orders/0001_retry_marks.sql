DROP INDEX `events_unsent`;--> statement-breakpoint
ALTER TABLE `events` ADD `tried_at` integer;--> statement-breakpoint
ALTER TABLE `events` ADD `unsent_to` text;--> statement-breakpoint
CREATE INDEX `events_unsent` ON `events` (`tried_at`,`seq`) WHERE sent_at IS NULL;--> statement-breakpoint
ALTER TABLE `cursors` ADD `looked` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `cursors` ADD `failures` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `cursors` ADD `retry_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `saga_fence` ADD `attempt` integer DEFAULT 1 NOT NULL;