"""The pages in a real Chromium: what people see, in both languages, wide and narrow, light and dark."""
