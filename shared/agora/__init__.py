"""Agora: tokens, cloud recording, notifications. Import the module you need: none brings the weight of another."""
