CREATE TABLE `instruments` (
	`order_id` text PRIMARY KEY NOT NULL,
	`token` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `snapshots` (
	`aggregate` text NOT NULL,
	`subject` text NOT NULL,
	`version` integer NOT NULL,
	`state_version` integer NOT NULL,
	`state` text NOT NULL,
	PRIMARY KEY(`aggregate`, `subject`)
);
--> statement-breakpoint
INSERT INTO `instruments` SELECT `order_id`, `token` FROM `payments`;--> statement-breakpoint
-- From here on the ledger follows from the events alone, so they must say who pays; version 1 left that to the row.
UPDATE `events` SET `version` = 2, `data` = json_set(`data`, '$.userId', `payments`.`user_id`) FROM `payments` WHERE `payments`.`order_id` = `events`.`subject` AND `type` = 'payment.authorized' AND `version` = 1;--> statement-breakpoint
ALTER TABLE `payments` DROP COLUMN `token`;
