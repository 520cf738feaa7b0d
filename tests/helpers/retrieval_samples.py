"""Data samples of a retrieval test, and their recalls."""
import torch

import vididi_transforms as vt

N = 23  # odd, so that the sampler has to pad


def samples():
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 4, (N,), generator=generator)
    features = torch.randn(4, 6, generator=generator)[labels] + torch.randn(N, 6, generator=generator)
    return [dict(feature=feature, gt_label=label[None], split="gallery" if i < 15 else "query", filename=f"{i}.mp4")
            for i, (feature, label) in enumerate(zip(features, labels, strict=True))]


def expected():
    data = samples()
    x, y = torch.stack([s["feature"] for s in data]), torch.cat([s["gt_label"] for s in data])
    return {f"retrieval/top{k}": recall for k, recall in vt.recall_at_k(x[:15], y[:15], x[15:], y[15:]).items()}
