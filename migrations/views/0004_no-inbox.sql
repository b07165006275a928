DROP TABLE `cursors`;--> statement-breakpoint
DROP TABLE `inbox`;