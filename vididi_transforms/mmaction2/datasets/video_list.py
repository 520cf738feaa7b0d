"""MMAction2's dataset of videos, with the package's grammar of annotation lists."""
import os
from typing import Any

from mmaction.datasets import VideoDataset
from mmaction.registry import DATASETS
from mmengine.fileio import get
from mmengine.logging import print_log

from ...data.video_lists.video_list import VideoList, parse_video_list


@DATASETS.register_module()
class VideoListDataset(VideoDataset):
    """Stock ``VideoDataset`` that reads any list of the grammar in ``docs/lists.md``.

    The numbers of videos, classes, duplicates, blank lines and videos without a label go to the log.

    Args:
        ann_file: annotation list.
        pipeline: configs of the transforms.
        delimiter: what separates the path from the label. None: it is found in each line.
        labelled: whether every video must have a label.
        arguments: other arguments of ``VideoDataset``; with ``multi_class=True`` a video may have any number of labels.

    Raises:
        ValueError: If a line breaks a rule of the grammar, labels are missing, or a label is not less than
            ``num_classes``; the message names the line.

    Example (config):
        ``dict(type='VideoListDataset', ann_file='train.csv', data_prefix=dict(video='videos'), pipeline=[])``
    """

    def __init__(self, ann_file: str, pipeline: list[Any], *, delimiter: str | None = None, labelled: bool = False,
                 **arguments: Any) -> None:
        self.labelled = labelled
        super().__init__(ann_file, pipeline, delimiter=delimiter, **arguments)

    def load_data_list(self) -> list[dict[str, Any]]:
        """Path and label of each video; -1 if no video has a label."""
        root = self.data_prefix["video"]
        videos = parse_video_list(get(self.ann_file), str(self.ann_file), root, self.delimiter, self.multi_class)
        self._check_labels(videos)
        print_log(videos.summary(), logger="current")
        return [dict(filename=os.path.join(root, entry.path),
                     label=list(entry.labels) if self.multi_class else (*entry.labels, -1)[0])
                for entry in videos.entries]

    def _check_labels(self, videos: VideoList) -> None:
        if self.multi_class and self.num_classes is None:
            raise ValueError("multi_class=True needs num_classes: got None")
        for entry in videos.entries:
            if self.labelled and not entry.labels:
                raise videos.error("recognition and retrieval need a label for every video", entry)
            if self.num_classes is not None and max(entry.labels, default=0) >= self.num_classes:
                raise videos.error(f"labels must be less than num_classes={self.num_classes}", entry)
