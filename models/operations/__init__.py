"""How the work is done: vendors and teams on like cases, quality and agreement, what is signal and what is noise."""
