"""The pure part: resources, their differences, plans and operations as values."""
