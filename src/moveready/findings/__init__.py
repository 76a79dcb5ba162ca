"""What the checks found: controls and their outcomes, the verdicts of KBs, and the run that holds all of it."""
