"""From a report to text: one pure writer a format."""
