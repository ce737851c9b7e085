"""What holds, without I/O: the life cycle, decisions, rights, rules, mails."""
