-- The words in products' names and descriptions, as the catalog's own index has them: a word in the name weighs ten
-- times one in the description. Contentless, so that no table's name is in it and a rebuild can swap the two by name.
CREATE VIRTUAL TABLE `product_search` USING fts5(
	`name`, `description`,
	content='', contentless_delete=1,
	tokenize='unicode61 remove_diacritics 2', prefix='2 3'
);
--> statement-breakpoint
INSERT INTO `product_search` (`product_search`, `rank`) VALUES ('rank', 'bm25(10.0, 1.0)');
--> statement-breakpoint
CREATE VIRTUAL TABLE `product_search_shadow` USING fts5(
	`name`, `description`,
	content='', contentless_delete=1,
	tokenize='unicode61 remove_diacritics 2', prefix='2 3'
);
--> statement-breakpoint
INSERT INTO `product_search_shadow` (`product_search_shadow`, `rank`) VALUES ('rank', 'bm25(10.0, 1.0)');
