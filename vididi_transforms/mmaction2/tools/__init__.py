"""MMAction2's own training and test tools, where mim and torchrun find them.

``mim train vididi_transforms CONFIG.py`` runs ``train``, ``mim test`` runs ``test``, both through ``stock``;
``features`` is the work of ``vididi features``, ``training_list`` that of ``vididi verify --config``.
May import: nothing else of this package.
"""
