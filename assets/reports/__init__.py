"""The published report site: static pages, their tables as files, and the wording and privacy rules they share."""
