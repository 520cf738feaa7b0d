"""MMAction2's annotation lists from the official split files of a data set and a folder of its videos.

The flow of the data is the order of the files::

    split files -> clips and labels -> files on disk -> checked or re-encoded -> lists and a report
                   splits, kinetics    files            videos                  lists

``ava`` checks AVA's annotations and extracts its frames; ``faults``, ``processes`` and ``verification`` check the
videos of any list for ``vididi_transforms.verify_videos``; ``cli`` is the command line:

    python -m vididi_transforms.prepare ucf101 --annotations data/ucf101/annotations --videos data/ucf101/videos

Reading videos needs PyAV and tqdm (``pip install vididi-transforms[videos]``); nothing else does.
"""
