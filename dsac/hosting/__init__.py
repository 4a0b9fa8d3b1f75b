"""Pull requests and their hosts: comments, issues, and the plans that were reviewed."""
