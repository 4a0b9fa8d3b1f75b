"""`python -m dsac`, the same as the command."""

from dsac.cli import main

if __name__ == "__main__":
    main()
