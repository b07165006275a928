DROP INDEX `saga_index_due`;--> statement-breakpoint
ALTER TABLE `saga_index` ADD `snapshot` text;--> statement-breakpoint
CREATE INDEX `saga_index_due` ON `saga_index` (`next_due_at`) WHERE "saga_index"."next_due_at" is not null;