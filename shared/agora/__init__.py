"""Agora: tokens, cloud recording, notifications. Import the module you need; none of them imports the others' weight."""
