"""Nearest neighbours of the UCF101 protocol (9,537 gallery and 3,783 query features) against scikit-learn and faiss.

    python benchmarks/retrieval.py

Random features of 512 dimensions. Then how it grows to the 240,000 videos of Kinetics-400.
"""
import resource

import faiss
import torch
import torch.nn.functional as F
from common import interleaved, rows, timed, write
from sklearn.neighbors import NearestNeighbors

import vididi_transforms as vt

GALLERY, QUERIES, DIMENSIONS, K, CHUNK = 9537, 3783, 512, 10, 1024
GROWTH = (10_000, 60_000, 240_000)


def main() -> None:
    """Measure and write."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    gallery, query = features(GALLERY), features(QUERIES, seed=1)
    ours = lambda: vt.nearest(gallery.to(device), query.to(device), K, chunk=CHUNK).cpu()
    index = faiss.IndexFlatIP(DIMENSIONS)
    index.add(gallery.numpy())
    methods = {
        "vididi_transforms": ours,
        "scikit-learn, brute": lambda: torch.from_numpy(NearestNeighbors(
            n_neighbors=K, metric="cosine", algorithm="brute").fit(gallery.numpy()).kneighbors(
                query.numpy(), return_distance=False)),
        "faiss IndexFlatIP": lambda: torch.from_numpy(index.search(query.numpy(), K)[1]),
    }
    same = {name: round((method() == ours()).double().mean().item(), 5) for name, method in methods.items()}
    timings = interleaved(methods, rounds=7, warm_up=1)
    growth = []
    for number in GROWTH:
        many = features(number)
        seconds = timed(lambda many=many: vt.nearest(many.to(device), query.to(device), K, chunk=CHUNK).cpu())
        growth.append({"gallery": number, "seconds": round(seconds, 2),
                       "similarities in MiB": CHUNK * number * 4 // 2**20,
                       "peak of the process in MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024})
    table = rows(("method", "seconds (quartiles)", "same neighbours"), [
        (name, f"{t['median'] / 1e3:.2f} ({t['q25'] / 1e3:.2f} to {t['q75'] / 1e3:.2f})", f"{100 * same[name]:.2f} %")
        for name, t in timings.items()])
    table += "\n" + rows(("gallery videos", "seconds", "similarities at once, MiB"), [
        (g["gallery"], g["seconds"], g["similarities in MiB"]) for g in growth])
    write("retrieval", {"gallery": GALLERY, "queries": QUERIES, "dimensions": DIMENSIONS, "k": K, "chunk": CHUNK,
                        "timings": timings, "same neighbours": same, "growth": growth}, table)


def features(number: int, seed: int = 0) -> torch.Tensor:
    """Unit vectors, ``[number, 512]``."""
    return F.normalize(torch.randn(number, DIMENSIONS, generator=torch.Generator().manual_seed(seed)), dim=1)


if __name__ == "__main__":
    main()
