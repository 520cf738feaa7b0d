"""Hooks and optimisers of the training loop, as in ``mmaction.engine``.

Reading order: ``runner_utils``; ``step_seed`` (reproducible steps), ``momentum_update``, ``bn_statistics``;
``resume`` and ``preemption`` (interruptions); ``bad_videos``; ``checks/`` (runs that are useless);
``optimizers``.
May import: ``compat``, ``datasets``, ``models``; ``pairs`` and ``data`` of the core.
"""
