-- Full-text index over products. It stores no text of its own; the triggers keep it in step with the table.
CREATE VIRTUAL TABLE `products_search` USING fts5(
	`name`, `description`,
	content='products', content_rowid='key',
	tokenize='unicode61 remove_diacritics 2', prefix='2 3'
);
--> statement-breakpoint
-- A word in the name weighs ten times one in the description.
INSERT INTO `products_search` (`products_search`, `rank`) VALUES ('rank', 'bm25(10.0, 1.0)');
--> statement-breakpoint
INSERT INTO `products_search` (`products_search`) VALUES ('rebuild');
--> statement-breakpoint
CREATE TRIGGER `products_search_insert` AFTER INSERT ON `products` BEGIN
	INSERT INTO `products_search` (`rowid`, `name`, `description`) VALUES (new.`key`, new.`name`, new.`description`);
END;
--> statement-breakpoint
CREATE TRIGGER `products_search_delete` AFTER DELETE ON `products` BEGIN
	INSERT INTO `products_search` (`products_search`, `rowid`, `name`, `description`) VALUES ('delete', old.`key`, old.`name`, old.`description`);
END;
--> statement-breakpoint
CREATE TRIGGER `products_search_update` AFTER UPDATE OF `name`, `description` ON `products` BEGIN
	INSERT INTO `products_search` (`products_search`, `rowid`, `name`, `description`) VALUES ('delete', old.`key`, old.`name`, old.`description`);
	INSERT INTO `products_search` (`rowid`, `name`, `description`) VALUES (new.`key`, new.`name`, new.`description`);
END;
