"""MMAction2's own command-line tools, where mim and torchrun look for those of this package.

``train`` and ``test`` are what ``mim train vididi_transforms CONFIG.py`` runs; ``features`` is ``vididi features``.
May import: nothing else of this package.
"""
