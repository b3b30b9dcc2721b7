"""What each mode of a scan looks at, and whom it asks: one file a mode, and no mode loads what another needs."""
