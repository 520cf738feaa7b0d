"""MMAction2's annotation lists from the official split files of a dataset and a folder of its videos.

Reading order, which is also data-flow order::

    split files      -> clips and labels -> files on disk -> checked or re-encoded -> lists and a report
    splits, kinetics                        video_folder     ..video_io               lists

``ava`` checks AVA's annotations and extracts its frames (``ava_frames``); ``command`` is ``vididi prepare``.
May import: ``data``, ``pairs``.
"""
