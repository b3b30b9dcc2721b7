"""Changes to files: planned, shown, and made all or not at all."""
