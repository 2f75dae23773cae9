"""What working out a calendar may take, and how it ends when it takes more."""

ENTRIES = 5000
MEMORY_BYTES = 384 * 1024 * 1024
SECONDS = 10  # of a processor; twice that by the clock
# Exit codes
NOT_A_CALENDAR, TOO_MANY = 3, 4
