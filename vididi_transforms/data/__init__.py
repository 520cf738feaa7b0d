"""Video files: generate, prepare, check and decode them.

Reading order: ``files`` (atomic writing), ``video_io`` (decoding and encoding), ``readers/`` (frames by their indices),
``motions`` and ``motion_videos`` (the generated dataset), ``video_lists/`` (annotation lists), ``prepare/`` (those of
public datasets); then ``faults``, ``frame_folders``, ``worker_processes``, ``verification`` and ``verify_videos`` (find
the broken videos of a list). ``next_steps``: what the commands print last; ``number_options``: their integer options.
May import: ``pairs``; PyAV and tqdm only inside functions.
"""
