"""Metrics of the stock test loop, as in ``mmaction.evaluation``, and saliency.

Reading order: ``retrieval_metric``, ``dump_features``; ``saliency_inputs``, ``saliency``; ``bn_statistics`` (of
frames, for a checkpoint).
May import: ``compat``, ``datasets``, ``models``; the whole core.
"""
