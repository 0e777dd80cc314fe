-- Since when a mail is not judged because nobody tells who sent it. It is unread until then, with what was read of it.
ALTER TABLE message ADD COLUMN put_off TEXT;
