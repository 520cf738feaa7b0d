"""Data samples of a retrieval test, their metrics, and the expected recalls."""
import torch
from mmengine.evaluator import Evaluator

import vididi_transforms as vt
import vididi_transforms.mmaction2  # registers the metrics

N = 23  # odd, so that the sampler has to pad


def samples():
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 4, (N,), generator=generator)
    features = torch.randn(4, 6, generator=generator)[labels] + torch.randn(N, 6, generator=generator)
    return [dict(feature=feature, gt_label=label[None], split="gallery" if i < 15 else "query", filename=f"{i}.mp4")
            for i, (feature, label) in enumerate(zip(features, labels, strict=True))]


def evaluate(metrics, rank=0, ranks=1, meta=None, data=None):
    """What the test loop of one rank does, in batches of 4.

    Ranks are padded as by mmengine's ``DefaultSampler``.
    """
    evaluator = Evaluator(metrics)
    evaluator.dataset_meta = meta
    data = data or samples()
    padded = (data + data)[:-(-N // ranks) * ranks][rank::ranks]
    for start in range(0, len(padded), 4):
        evaluator.process(data_samples=padded[start:start + 4], data_batch=None)
    return evaluator.evaluate(N)


def expected():
    data = samples()
    x, y = torch.stack([s["feature"] for s in data]), torch.cat([s["gt_label"] for s in data])
    return {f"retrieval/top{k}": recall for k, recall in vt.recall_at_k(x[:15], y[:15], x[15:], y[15:]).items()}
