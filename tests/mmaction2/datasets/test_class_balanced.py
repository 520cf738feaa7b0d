"""Videos of rare classes are repeated, each time with random numbers of its own."""
import pytest
from mmaction.registry import DATASETS

from vididi_transforms.mmaction2 import ClassBalancedDataset, KeyedSampler

LABELS = [0, 0, 0, 0, 0, 1]


def balanced(tmp_path, wrapped):
    (tmp_path / "list.txt").write_text("".join(f"{number}.mp4 {label}\n" for number, label in enumerate(LABELS)))
    arguments = dict(ann_file=str(tmp_path / "list.txt"), pipeline=[])
    inner = dict(type="SafeDataset", dataset="VideoDataset") if wrapped else dict(type="VideoDataset")
    return DATASETS.build(dict(type="ClassBalancedDataset", oversample_thr=0.6, dataset=inner | arguments))


def test_the_rare_class_is_repeated_with_seed_epoch_and_sample(tmp_path):
    """It has 1/6 of the videos: sqrt(0.6 / (1/6)), rounded up, is 2."""
    dataset = balanced(tmp_path, wrapped=True)
    assert type(dataset) is ClassBalancedDataset
    sampler = KeyedSampler(dataset, shuffle=False, seed=3)
    sampler.set_epoch(4)
    found = [dataset[index]["sample_idx"] for index in sampler]
    assert found == [0, 1, 2, 3, 4, 5, 5]
    assert [(index.seed, index.epoch, index.sample) for index in found] == [(3, 4, sample) for sample in range(7)]
    assert [dataset[index]["sample_idx"] for index in range(7)] == found
    assert [dataset.get_cat_ids(index) for index in range(7)] == [[0]] * 5 + [[1]] * 2


def test_stock_datasets_have_no_classes_to_balance(tmp_path):
    with pytest.raises(NotImplementedError, match="must implement `get_cat_ids` method"):
        balanced(tmp_path, wrapped=False)
