"""Asks a fleet: all servers at once, each question once; every answer is kept."""
