"""``python -m vididi_transforms.retrieval_page``."""
from .cli import main

if __name__ == "__main__":
    main()
