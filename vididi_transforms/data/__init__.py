"""Video files: generate, prepare, check and decode them.

Reading order: ``files`` (atomic writing), ``video_io`` (decoding and encoding), ``motions`` and ``motion_videos`` (the
generated dataset), ``prepare/`` (annotation lists of public datasets); then ``faults``, ``worker_processes``,
``verification`` and ``verify_videos`` (find the broken videos of a list). ``next_steps``: what the commands print last;
``number_options``: their integer options.
May import: ``pairs``; PyAV and tqdm only inside functions.
"""
