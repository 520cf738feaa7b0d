"""Several runs side by side in one self-contained HTML file.

Reading order: ``work_dirs`` (what MMEngine, ``DumpFeatures`` and ``vididi saliency`` have left), ``figures``,
``clusters``, ``overview`` (the first table), ``sections`` (the others), ``write`` (the file), ``command``.
"""
from .work_dirs import Run, read_run
from .write import write_report

__all__ = ["Run", "read_run", "write_report"]
