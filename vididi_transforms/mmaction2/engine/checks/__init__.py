"""Hooks that stop a run, or warn, where it would go on to no purpose.

Reading order: ``load_check`` (a checkpoint that does not fit), ``gradient_check`` (parts of the encoder that do not
learn), ``nonfinite_step`` and ``finite_check`` (NaN and infinity).
"""
