"""``python -m vididi_transforms.report``."""
from .cli import main

if __name__ == "__main__":
    main()
