"""The videos that a config trains on."""
from pathlib import Path
from typing import Any, NamedTuple

from mmengine.config import Config


class TrainingList(NamedTuple):
    """An annotation list and how its videos are read.

    Args:
        path: the list.
        root: folder of the videos.
        delimiter: what separates path and label; None: it is found in each line.
        reader: name of the reader.
        frames: names of the frames if a video is a folder of pictures; empty: as in ``RawframeDataset``.
        first_frame: number of the first one.
    """

    path: Path
    root: Path
    delimiter: str | None
    reader: str
    frames: str
    first_frame: int


def training_list(config: Path) -> TrainingList:
    """The annotation list of the training dataset of a config.

    Raises:
        ValueError: If there is not one list, or its videos are read with other transforms than ``ReadVideo``.
    """
    dataset = _dataset(config)
    prefix, root = dataset.get("data_prefix", {}), Path(dataset.get("data_root") or "")
    return TrainingList(root / dataset["ann_file"], root / prefix.get("video", prefix.get("img", "")),
                        dataset.get("delimiter"), _reader(config, dataset), dataset.get("filename_tmpl", ""),
                        dataset.get("start_index", 1))


def _dataset(config: Path) -> dict[str, Any]:
    """The dataset that has a list, inside of wrappers."""
    dataset = Config.fromfile(config).get("train_dataloader", {}).get("dataset", {})
    while isinstance(dataset, dict) and "ann_file" not in dataset:
        dataset = dataset.get("dataset")
    if not dataset:
        raise ValueError(f"a config must train on one annotation list: {config} does not")
    return dict(dataset)


def _reader(config: Path, dataset: dict[str, Any]) -> str:
    if "filename_tmpl" in dataset or "RawframeDataset" in (dataset["type"], dataset.get("dataset")):
        return "pyav"  # the default; frames in folders are read without it
    reading = [one for one in dataset["pipeline"] if one["type"] in ("ReadVideo", "mmaction.ReadVideo")]
    reader = reading[0].get("reader", "pyav") if reading else None
    if not isinstance(reader, str):
        raise ValueError(f"vididi verify needs a config that reads with ReadVideo(reader=NAME): {config} has other "
                         "transforms")
    return reader
