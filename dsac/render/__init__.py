"""Plans and reports as text and JSON, from one view."""
