"""The retrieval metric on one and two ranks, and its protocols."""
import json

import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.registry import DefaultScope
from ranks import run_two_ranks
from retrieval_samples import evaluate, expected

METRIC = dict(type="VideoRetrievalMetric")


def test_equals_the_function():
    assert evaluate(METRIC) == expected() | {"retrieval/gallery": 15, "retrieval/queries": 8}


def square(split, *points):
    """Videos as (x, y, label) or (x, y, label, frames); 100 frames by default."""
    return [dict(feature=torch.tensor(point[:2], dtype=torch.float), gt_label=torch.tensor([point[2]]), split=split,
                 total_frames=point[3] if len(point) > 3 else 100) for point in points]


@pytest.mark.parametrize(("protocol", "prefix", "top1", "gallery"), [
    ("paper", "retrieval", 0.5, 3),  # by angle, (4, 2) is nearest to both queries
    ("centred", "retrieval-centred", 1.0, 3),  # relative to the means, (5, 2) of the gallery and (6, 4) of the queries
    ("authors", "retrieval-authors", 0.5, 2),  # (5, 2) has 64 frames, too few
])
def test_protocols_on_a_small_set_with_known_answers(protocol, prefix, top1, gallery):
    evaluator = Evaluator(dict(type="VideoRetrievalMetric", topk=(1,), protocol=protocol))
    data = (square("gallery", (5, 2, 0, 64), (4, 2, 1), (6, 2, 2)) + square("query", (5, 4, 1), (7, 4, 2)))
    evaluator.process(data_samples=data, data_batch=None)
    result = evaluator.evaluate(len(data))
    assert result == {f"{prefix}/top1": top1, f"{prefix}/gallery": gallery, f"{prefix}/queries": 2}


def evaluate_rank(rank, folder):
    with DefaultScope.overwrite_default_scope("mmaction"):
        result = evaluate(METRIC, rank, ranks=2)
    (folder / f"{rank}.json").write_text(json.dumps(result))


@pytest.mark.slow
def test_two_ranks_count_every_video_once(tmp_path):
    run_two_ranks(evaluate_rank, tmp_path)
    for rank in (0, 1):
        assert json.loads((tmp_path / f"{rank}.json").read_text()) == evaluate(METRIC)
