"""Makes it an error to load a checkpoint that does not fit the model."""
from typing import Any

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from ...models.checkpoint_keys import BACKBONE, matching_keys, state_dict_of, tensor_shapes


@HOOKS.register_module()
class CheckLoadedHook(Hook):
    """Stops a run whose ``load_from`` has no tensor for the backbone.

    MMEngine only warns and trains from scratch. A tensor fits if name and shape equal the model's. Logs
    ``loaded N of M backbone tensors``.

    Raises:
        ValueError: On loading, if no tensor of the model's backbone is in the checkpoint.

    Example (config):
        ``dict(type='CheckLoadedHook')`` in ``default_hooks``
    """

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Compare the checkpoint with the model that is about to load it."""
        wanted = tensor_shapes(state_dict_of(runner.model.state_dict()))
        backbone = {key: shape for key, shape in wanted.items() if key.startswith(BACKBONE)}
        given = tensor_shapes(state_dict_of(checkpoint))
        loaded = matching_keys(backbone, given)
        if not loaded:
            raise ValueError("a checkpoint must hold at least one tensor of the model's backbone (name and shape): the "
                             f"model has {_first(backbone)}, the checkpoint {_first(given)}; `vididi "
                             "weights CHECKPOINT OUT` exports an encoder that fits")
        runner.logger.info(f"loaded {len(loaded)} of {len(backbone)} backbone tensors")


def _first(shapes: dict[str, tuple[int, ...]], number: int = 3) -> str:
    shown = ", ".join(f"{key} {shape}" for key, shape in list(shapes.items())[:number])
    return f"[{shown}{', ...' if len(shapes) > number else ''}]"
