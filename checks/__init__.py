"""What moveready checks: one file a KB."""
