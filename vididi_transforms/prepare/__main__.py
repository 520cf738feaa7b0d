"""``python -m vididi_transforms.prepare``."""
from .cli import main

if __name__ == "__main__":
    main()
