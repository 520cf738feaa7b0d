"""Metrics of the stock test loop and the saliency command, as in ``mmaction.evaluation``.

Reading order: ``retrieval_metric``, ``dump_features``; ``saliency_inputs`` and ``saliency``.
May import: ``compat``, ``datasets``, ``models``; the whole core.
"""
