"""``python -m simsales``."""

from simsales.cli import main

if __name__ == "__main__":
    main()
