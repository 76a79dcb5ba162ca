"""What moveready checks: one file a KB. May import controls, evidence and inventory; a check does no I/O."""
