"""A stand-in for Agora on this machine: cloud recording, its notifications, and its faults on demand."""
