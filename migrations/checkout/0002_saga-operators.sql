DROP INDEX `saga_index_state`;--> statement-breakpoint
ALTER TABLE `saga_index` ADD `version` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `saga_index` ADD `hash` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `saga_index` ADD `parked` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `saga_index_started` ON `saga_index` (`started_at`,`id`);--> statement-breakpoint
CREATE INDEX `saga_index_state` ON `saga_index` (`state`,`started_at`);