"""Options and help of the commands that need OpenMMLab.

Only ``run`` imports it, because that takes seconds.

Reading order: any; each file names the module that does the work.
May import: ``data``; in ``run``, the modules of ``mmaction2`` that do the work.
"""
