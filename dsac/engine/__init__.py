"""The use cases behind the commands: plan, apply, destroy and plan files."""
