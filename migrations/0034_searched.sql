-- Mails are found by their words: those of the mail itself, which are stored with its reading, and those of the documents
-- that the archive holds. What is forgotten leaves no word behind.
CREATE VIRTUAL TABLE searched USING fts5 (words, files, tokenize = 'unicode61 remove_diacritics 2');
INSERT INTO searched (searched, rank) VALUES ('secure-delete', 1);

-- Up to this mail the words of those that were there before are still to come.
INSERT INTO setting (name, value) SELECT 'unsearched', max(id) FROM message HAVING count(*) > 0;

-- Documents whose words are still to come; the signed form says the same, if it says anything.
ALTER TABLE attachment ADD searched INTEGER NOT NULL DEFAULT 0;
CREATE INDEX attachment_not_searched ON attachment (message)
    WHERE searched = 0 AND kept = 1 AND role = 'soft_file';
