"""Hooks and optimisers of the training loop, as in ``mmaction.engine``.

Reading order: ``runner_utils``; ``step_seed`` (reproducible steps), ``momentum_update``; ``resume`` and ``preemption``
(interruptions); ``nonfinite_step`` and ``finite_check``; ``bad_videos``, ``load_check``, ``optimizers``.
May import: ``compat``, ``datasets``, ``models``; ``pairs`` and ``data`` of the core.
"""
