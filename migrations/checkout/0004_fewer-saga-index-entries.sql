DROP INDEX `saga_index_due`;--> statement-breakpoint
DROP INDEX `saga_index_state`;--> statement-breakpoint
CREATE INDEX `saga_index_open` ON `saga_index` (`state`,`next_due_at`) WHERE "saga_index"."state" <> 'COMPLETED';