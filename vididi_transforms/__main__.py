"""``python -m vididi_transforms COMMAND`` is ``vididi COMMAND``."""
import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
