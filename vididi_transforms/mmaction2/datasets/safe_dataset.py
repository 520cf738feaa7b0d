"""Training goes on when a video cannot be read."""
from typing import Any

from mmaction.registry import DATASETS
from mmengine.logging import print_log

from ...pairs.keyed_random import keyed_generator
from .read_video import VideoReadError
from .reader_process import ReaderProcess
from .samplers import KeyedIndex, seed_by_sample


@DATASETS.register_module()
class SafeDataset:
    """Any data set of videos; a sample that cannot be read is replaced by another one.

    The replacement is drawn by the key of the sample, (seed, epoch, sample), so that a resumed run and any number of
    workers find the same one. What was replaced travels with the sample as ``data_samples.replaced``, from where
    :class:`BadVideosHook` counts and reports it. With a :class:`KeyedSampler` all draws of the pipeline, those of stock
    transforms too, depend on that key only.

    Args:
        dataset: the type of the data set, whose other arguments follow; or its config.
        timeout: seconds after which a sample counts as unreadable; it is then read in a process of its own, which also
            survives crashes of the decoder. None: no limit.
        attempts: this many unreadable videos in a row are an error.

    Raises:
        ValueError: ``attempts`` < 1, or the timeout is not positive.
        VideoReadError: ``attempts`` videos in a row cannot be read; the message lists them.

    Example (config):
        ``dict(type='SafeDataset', dataset='VideoDataset', timeout=60, ann_file='train.txt', pipeline=[])`` as
        ``dataset`` of the training loader
    """

    def __init__(self, dataset: str | dict[str, Any], timeout: float | None = None, attempts: int = 10,
                 **arguments: Any) -> None:
        if attempts < 1:
            raise ValueError(f"attempts must be >= 1: got {attempts}")
        config = dict(type=dataset) if isinstance(dataset, str) else dataset
        self.dataset = DATASETS.build({**config, **arguments})
        self.attempts = attempts
        self._read = self._sample if timeout is None else ReaderProcess(self._sample, timeout)

    @property
    def metainfo(self) -> dict[str, Any]:
        """Of the data set."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Load the list of the data set."""
        self.dataset.full_init()

    def get_data_info(self, index: int) -> dict[str, Any]:
        """What the list says of a sample."""
        return self.dataset.get_data_info(index)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        replaced: list[tuple[str, str]] = []
        for attempt in range(self.attempts):
            chosen = self._choose(index, attempt)
            try:
                return _mark(self._read(chosen), replaced)
            except Exception as error:
                replaced.append((self._name(chosen), _reason(error)))
        raise VideoReadError(f"{self.attempts} videos in a row cannot be read:\n" + listing(replaced))

    def _choose(self, index: int, attempt: int) -> int:
        if attempt == 0:
            return index
        key = index if isinstance(index, KeyedIndex) else KeyedIndex(index, seed=0, epoch=0)
        value = keyed_generator("SafeDataset", key.seed, key.epoch, key.sample, attempt).integers(len(self))
        return KeyedIndex(int(value), key.seed, key.epoch, key.sample) if key is index else int(value)

    def _sample(self, index: int) -> Any:
        with seed_by_sample(dict(sample_idx=index), "SafeDataset"):
            return self.dataset[index]

    def _name(self, index: int) -> str:
        info = self.dataset.get_data_info(int(index))
        return str(info.get("filename", info.get("frame_dir", f"sample {int(index)}")))


def listing(replaced: list[tuple[str, str]]) -> str:
    """A line for each video and its error."""
    return "\n".join(f"  {name}: {error}" for name, error in replaced)


def _reason(error: Exception) -> str:
    named = isinstance(error, RuntimeError)  # VideoReadError, and what comes from another process, say what it was
    return str(error) if named else f"{type(error).__name__}: {error}"


def _mark(sample: Any, replaced: list[tuple[str, str]]) -> Any:
    if not replaced:
        return sample
    if isinstance(sample, dict) and hasattr(sample.get("data_samples"), "set_metainfo"):
        sample["data_samples"].set_metainfo(dict(replaced=replaced))
    else:
        print_log(f"replaced by another sample:\n{listing(replaced)}", logger="current", level=30)
    return sample
