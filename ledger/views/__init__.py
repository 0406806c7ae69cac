"""What the events add up to: pure folds from events to what people read. No store, no keys."""
