CREATE TABLE `command_outbox` (
	`id` text PRIMARY KEY NOT NULL,
	`recipient` text NOT NULL,
	`type` text NOT NULL,
	`data` text NOT NULL,
	`priority` integer NOT NULL,
	`due_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`traceparent` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`retry_at` integer NOT NULL
);

CREATE INDEX `command_outbox_retry` ON `command_outbox` (`retry_at`);
CREATE TABLE `tasks` (
	`id` text PRIMARY KEY NOT NULL,
	`sender` text NOT NULL,
	`type` text NOT NULL,
	`data` text NOT NULL,
	`priority` integer NOT NULL,
	`due_at` integer,
	`attempts` integer DEFAULT 0 NOT NULL,
	`unfinished` integer DEFAULT 0 NOT NULL,
	`traceparent` text NOT NULL,
	`created_at` integer NOT NULL,
	`done_at` integer
);

CREATE INDEX `tasks_due` ON `tasks` (`priority`,`due_at`) WHERE due_at IS NOT NULL;
CREATE TABLE `snapshots` (
	`aggregate` text NOT NULL,
	`subject` text NOT NULL,
	`version` integer NOT NULL,
	`state_version` integer NOT NULL,
	`state` text NOT NULL,
	PRIMARY KEY(`aggregate`, `subject`)
);

CREATE TABLE `dead_letters` (
	`id` text PRIMARY KEY NOT NULL,
	`source` text NOT NULL,
	`message_id` text NOT NULL,
	`type` text,
	`subject` text,
	`sequence` integer,
	`body` text NOT NULL,
	`status` text NOT NULL,
	`attempts` integer NOT NULL,
	`failures` text NOT NULL,
	`reason` text,
	`first_failed_at` integer NOT NULL,
	`last_failed_at` integer NOT NULL,
	`settled_at` integer
);

CREATE UNIQUE INDEX `dead_letters_message` ON `dead_letters` (`source`,`message_id`);
CREATE INDEX `dead_letters_status` ON `dead_letters` (`status`,`last_failed_at`,`id`);
CREATE TABLE `events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`subject` text NOT NULL,
	`subject_seq` integer NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`data` text NOT NULL,
	`time` integer NOT NULL,
	`traceparent` text NOT NULL,
	`sent_at` integer,
	`tried_at` integer,
	`unsent_to` text
);

CREATE UNIQUE INDEX `events_id_unique` ON `events` (`id`);
CREATE UNIQUE INDEX `events_subject` ON `events` (`subject`,`subject_seq`);
CREATE INDEX `events_unsent` ON `events` (`tried_at`,`seq`) WHERE sent_at IS NULL;
CREATE TABLE `projection_cursors` (
	`projection` text NOT NULL,
	`copy` text NOT NULL,
	`source` text NOT NULL,
	`seq` integer NOT NULL,
	PRIMARY KEY(`projection`, `copy`, `source`)
);

CREATE TABLE `projection_rebuilds` (
	`projection` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`applied` integer NOT NULL,
	`total` integer NOT NULL,
	`started_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`error` text
);

CREATE TABLE `cursors` (
	`source` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`looked` integer DEFAULT 0 NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`retry_at` integer DEFAULT 0 NOT NULL
);

CREATE TABLE `inbox` (
	`source` text NOT NULL,
	`event_id` text NOT NULL,
	`applied_at` integer NOT NULL,
	PRIMARY KEY(`source`, `event_id`)
);

CREATE TABLE `subjects` (
	`source` text NOT NULL,
	`subject` text NOT NULL,
	`seq` integer NOT NULL,
	`held_by` text,
	PRIMARY KEY(`source`, `subject`)
);

CREATE INDEX `subjects_waiting` ON `subjects` (`source`,`subject`) WHERE held_by = '';
CREATE TABLE `said` (
	`n` integer NOT NULL
);

CREATE TABLE `heard` (
	`subject` text NOT NULL,
	`n` integer NOT NULL
);

CREATE TABLE `digests` (
	`subject` text PRIMARY KEY NOT NULL,
	`digest` integer NOT NULL
);

CREATE TABLE `digests_shadow` (
	`subject` text PRIMARY KEY NOT NULL,
	`digest` integer NOT NULL
);

