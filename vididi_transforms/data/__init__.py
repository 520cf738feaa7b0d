"""Video files: generating, preparing, checking and decoding them.

Reading order: ``files`` (complete files or none), ``video_io`` (decoding and encoding with PyAV), ``motion_videos``
(the generated dataset), ``prepare/`` (annotation lists of public datasets), then ``faults``, ``worker_processes``,
``verification`` and ``verify_videos`` (which videos of a list are broken).
May import: ``pairs``; PyAV and tqdm inside the functions that need them.
"""
