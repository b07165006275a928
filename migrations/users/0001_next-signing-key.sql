DROP INDEX `signing_keys_active`;--> statement-breakpoint
ALTER TABLE `signing_keys` ADD `activated_at` integer;--> statement-breakpoint
UPDATE `signing_keys` SET `activated_at` = `created_at`;--> statement-breakpoint
CREATE UNIQUE INDEX `signing_keys_next` ON `signing_keys` (("activated_at" IS NULL)) WHERE "signing_keys"."activated_at" IS NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `signing_keys_active` ON `signing_keys` (("retired_at" IS NULL)) WHERE "signing_keys"."retired_at" IS NULL AND "signing_keys"."activated_at" IS NOT NULL;