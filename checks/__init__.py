"""What moveready checks: one file for each KB."""
