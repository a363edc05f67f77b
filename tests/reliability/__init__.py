"""Faults on purpose: processes are killed and databases restarted under load, and nothing acknowledged may be lost."""
