"""Several runs beside each other, in one HTML file that needs nothing beside itself.

``work_dirs`` (what MMEngine, the feature file and the saliency have left) -> ``figures``, ``page`` -> ``sections`` ->
``cli``.
"""
from .sections import write_report
from .work_dirs import Run, read_run

__all__ = ["Run", "read_run", "write_report"]
