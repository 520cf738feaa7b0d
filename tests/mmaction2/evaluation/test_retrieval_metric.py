"""The metric in one and two processes; a checkpoint in a new process."""
import json

import pytest
import torch
import torch.multiprocessing as mp
from mmengine.evaluator import Evaluator
from retrieval_samples import N, expected, samples


def evaluate(rank=0, ranks=1):
    evaluator = Evaluator(dict(type="VideoRetrievalMetric"))
    data = samples()
    padded = (data + data)[:-(-N // ranks) * ranks][rank::ranks]  # as mmengine's DefaultSampler
    for start in range(0, len(padded), 4):
        evaluator.process(data_samples=padded[start:start + 4], data_batch=None)
    return evaluator.evaluate(N)


def test_equals_the_function():
    assert evaluate() == expected() | {"retrieval/gallery": 15, "retrieval/queries": 8}


def square(split, *points):
    """Videos at points of the plane; the label is the last number, the length 100 frames unless it is given."""
    return [dict(feature=torch.tensor(point[:2], dtype=torch.float), gt_label=torch.tensor([point[2]]), split=split,
                 total_frames=point[3] if len(point) > 3 else 100) for point in points]


@pytest.mark.parametrize(("protocol", "prefix", "top1", "gallery"), [
    ("paper", "retrieval", 0.5, 3),  # by angle, (4, 2) is the nearest of both queries
    ("centred", "retrieval-centred", 1.0, 3),  # seen from the mean (5, 2) of the gallery and (6, 4) of the queries
    ("authors", "retrieval-authors", 0.5, 2),  # (5, 2) has 64 frames, too few
])
def test_protocols_on_a_toy_set_with_known_answers(protocol, prefix, top1, gallery):
    evaluator = Evaluator(dict(type="VideoRetrievalMetric", topk=(1,), protocol=protocol))
    data = (square("gallery", (5, 2, 0, 64), (4, 2, 1), (6, 2, 2)) + square("query", (5, 4, 1), (7, 4, 2)))
    evaluator.process(data_samples=data, data_batch=None)
    result = evaluator.evaluate(len(data))
    assert result == {f"{prefix}/top1": top1, f"{prefix}/gallery": gallery, f"{prefix}/queries": 2}


def worker(rank, ranks, folder):
    from mmengine.registry import DefaultScope
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=ranks)
    with DefaultScope.overwrite_default_scope("mmaction"):
        result = evaluate(rank, ranks)
    (folder / f"{rank}.json").write_text(json.dumps(result))
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_two_processes_count_every_video_once(tmp_path):
    mp.spawn(worker, args=(2, tmp_path), nprocs=2)
    for rank in (0, 1):
        assert json.loads((tmp_path / f"{rank}.json").read_text()) == evaluate()
