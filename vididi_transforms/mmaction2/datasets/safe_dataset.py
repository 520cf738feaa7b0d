"""Training continues when a video cannot be read."""
from typing import Any

from mmaction.registry import DATASETS
from mmengine.logging import print_log

from ...data.worker_processes import WorkerProcess
from ...pairs.keyed_random import keyed_generator
from .read_video import VideoReadError
from .samplers import KeyedIndex, seed_by_sample


@DATASETS.register_module()
class SafeDataset:
    """Wraps a dataset of videos and replaces samples that cannot be read.

    The replacement depends on the seed, the epoch and the sample only, so it is the same in a resumed run and for any
    number of workers. ``data_samples.replaced`` lists what was replaced; :class:`BadVideosHook` counts and reports it.
    With a :class:`KeyedSampler`, all random numbers of the pipeline depend on these three only.

    Args:
        dataset: type of the dataset, whose arguments are then given in ``arguments``; or its config.
        timeout: time limit per sample in seconds. Samples are then read in a separate process, so that training also
            survives a crash of the decoder. None: no limit.
        attempts: number of unreadable videos in a row that is an error.
        arguments: arguments of the dataset.

    Raises:
        ValueError: If ``attempts`` is < 1, or ``timeout`` is not positive.
        VideoReadError: If ``attempts`` videos in a row cannot be read; the message lists them.

    Example (config):
        ``dict(type='SafeDataset', dataset='VideoListDataset', timeout=60, ann_file='train.txt', pipeline=[])`` as
        ``dataset`` of the training loader
    """

    def __init__(self, dataset: str | dict[str, Any], timeout: float | None = None, attempts: int = 10,
                 **arguments: Any) -> None:
        if attempts < 1:
            raise ValueError(f"attempts must be >= 1: got {attempts}")
        config = dict(type=dataset) if isinstance(dataset, str) else dataset
        self.dataset = DATASETS.build({**config, **arguments})
        self.attempts = attempts
        self._read = self._sample if timeout is None else WorkerProcess(self._sample, timeout)

    @property
    def metainfo(self) -> dict[str, Any]:
        """Meta information of the dataset."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Load the dataset's annotation list."""
        self.dataset.full_init()

    def get_data_info(self, index: int) -> dict[str, Any]:
        """Return a sample's entry in the annotation list."""
        return self.dataset.get_data_info(index)

    def get_cat_ids(self, index: int) -> list[int]:
        """Return a sample's labels, for :class:`ClassBalancedDataset`."""
        labels = self.get_data_info(index)["label"]
        return list(labels) if isinstance(labels, (list, tuple)) else [labels]

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
        key = (index.seed, index.epoch, index.sample) if isinstance(index, KeyedIndex) else (0, 0, int(index))
        chosen = int(keyed_generator("SafeDataset", *key, attempt).integers(len(self)))
        return KeyedIndex(chosen, *key) if isinstance(index, KeyedIndex) else chosen

    def _sample(self, index: int) -> Any:
        with seed_by_sample(dict(sample_idx=index), "SafeDataset"):
            return self.dataset[index]

    def _name(self, index: int) -> str:
        info = self.dataset.get_data_info(int(index))
        return str(info.get("filename", info.get("frame_dir", f"sample {int(index)}")))


def listing(replaced: list[tuple[str, str]]) -> str:
    """Return one line per video, with its error."""
    return "\n".join(f"  {name}: {error}" for name, error in replaced)


def _reason(error: Exception) -> str:
    named = isinstance(error, RuntimeError)  # VideoReadError and errors of WorkerProcess already name the type
    return str(error) if named else f"{type(error).__name__}: {error}"


def _mark(sample: Any, replaced: list[tuple[str, str]]) -> Any:
    if not replaced:
        return sample
    if isinstance(sample, dict) and hasattr(sample.get("data_samples"), "set_metainfo"):
        sample["data_samples"].set_metainfo(dict(replaced=replaced))
    else:
        print_log(f"replaced by another sample:\n{listing(replaced)}", logger="current", level=30)
    return sample
