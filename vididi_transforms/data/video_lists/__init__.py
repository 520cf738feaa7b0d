"""Annotation lists: the one grammar, in ``docs/lists.md``, for training, ``vididi verify`` and ``vididi prepare``.

Reading order: ``grammar`` (a line: a path and its labels), ``video_list`` (a list, and what must hold across lines).
"""
