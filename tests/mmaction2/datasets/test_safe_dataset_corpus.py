"""A dataset of every kind of bad and odd video, read through SafeDataset by each reader."""
import pytest
from bad_videos import KINDS, kinds, write_kinds

from vididi_transforms.data.readers.reader import READERS
from vididi_transforms.mmaction2 import SafeDataset
from vididi_transforms.mmaction2.datasets.samplers import KeyedIndex

pytestmark = pytest.mark.slow


def pipeline(reader):
    return [dict(type="ReadVideo", sample=dict(type="SampleClipPair", clip_len=4), reader=reader),
            dict(type="Resize", scale=(32, 32), keep_ratio=False), dict(type="FormatShape", input_format="NCTHW"),
            dict(type="PackActionInputs")]


@pytest.mark.parametrize("reader", READERS)
def test_every_sample_is_a_pair_of_clips(tmp_path, reader):
    paths = list(write_kinds(tmp_path, kinds()).values())
    (tmp_path / "list.txt").write_text("".join(f"{path.name}\t0\n" for path in paths))
    dataset = SafeDataset("VideoDataset", timeout=5, attempts=20, ann_file=str(tmp_path / "list.txt"), delimiter="\t",
                          data_prefix=dict(video=str(tmp_path)), pipeline=pipeline(reader))
    assert len(dataset) == len(paths) >= 80
    replaced = {}
    for number, name in enumerate(kinds()):
        sample = dataset[KeyedIndex(number, seed=0, epoch=0)]
        assert sample["inputs"].shape == (2, 3, 4, 32, 32)
        replaced[name] = getattr(sample["data_samples"], "replaced", [])
    for name, videos in replaced.items():
        assert all(error for _, error in videos)
        if videos:
            assert videos[0][0] == str(paths[kinds().index(name)])
    bad = {name for name in kinds() if KINDS[name].fault in ("missing", "unreadable", "no video stream")}
    assert bad <= {name for name, videos in replaced.items() if videos}
    assert [name for name in kinds() if KINDS[name].readable and replaced[name]] == []
