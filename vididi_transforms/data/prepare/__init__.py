"""Make MMAction2's annotation lists from official split files and videos.

Reading order, which is also data-flow order::

    split files      -> clips and labels -> files on disk -> checked or re-encoded -> lists and a report
    splits, kinetics                        video_folder     ..video_io               lists

``k200`` chooses K200-40k; ``ava`` checks AVA's annotations and extracts its frames (``ava_frames``). ``command`` is
``vididi prepare`` with the table of datasets, ``options`` what several datasets share.
May import: ``data``, ``pairs``.
"""
