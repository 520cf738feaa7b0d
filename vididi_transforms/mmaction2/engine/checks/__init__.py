"""Hooks that stop a run that has become useless, or warn of it.

Reading order: ``load_check`` (a checkpoint that does not fit), ``gradient_check`` (parts of the encoder that do not
learn), ``nonfinite_step`` and ``finite_check`` (NaN and infinity).
"""
