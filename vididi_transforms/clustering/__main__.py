"""``python -m vididi_transforms.clustering``."""
from .cli import main

if __name__ == "__main__":
    main()
