ALTER TABLE `notifications` ADD `user_id` text;--> statement-breakpoint
INSERT INTO `tasks` (`id`, `sender`, `type`, `data`, `priority`, `due_at`, `attempts`, `traceparent`, `created_at`)
SELECT `id`, 'notifications', 'mail.deliver', json_object('notificationId', `id`), 10, `due_at`, `attempts`, `traceparent`, `created_at`
FROM `notifications` WHERE `sent_at` IS NULL;
