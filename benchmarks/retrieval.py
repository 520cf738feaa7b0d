"""Nearest neighbours of the UCF101 protocol against scikit-learn and faiss.

There are 9,537 gallery and 3,783 query features.

    python benchmarks/retrieval.py

Random features of 512 dimensions; then larger galleries, up to the 240,000 videos of Kinetics-400.
"""
import argparse
import resource
from collections.abc import Callable

import faiss
import torch
import torch.nn.functional as F
from common import interleaved, timed, write
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

import vididi_transforms as vt
from vididi_transforms.evaluation.tables import markdown_table

GALLERY, QUERIES, DIMENSIONS, K, CHUNK = 9537, 3783, 512, 10, 1024
GROWTH = (10_000, 60_000, 240_000)


def main() -> None:
    """Time all methods and report."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    query = features(QUERIES, seed=1)
    methods = implementations(features(GALLERY), query)
    expected = methods["vididi_transforms"]()
    same = {name: round((method() == expected).double().mean().item(), 5) for name, method in methods.items()}
    timings = interleaved(methods, rounds=7, warm_up=1)
    growth = [larger_gallery(number, query) for number in GROWTH]
    table = markdown_table(("method", "seconds (quartiles)", "same neighbours"), [
        (name, f"{t['median'] / 1e3:.2f} ({t['q25'] / 1e3:.2f} to {t['q75'] / 1e3:.2f})", f"{100 * same[name]:.2f} %")
        for name, t in timings.items()])
    table += "\n" + markdown_table(("gallery videos", "seconds", "similarities at once, MiB"), [
        (g["gallery"], g["seconds"], g["similarities in MiB"]) for g in growth])
    write("retrieval", {"gallery": GALLERY, "queries": QUERIES, "dimensions": DIMENSIONS, "k": K, "chunk": CHUNK,
                        "timings": timings, "same neighbours": same, "growth": growth}, table)


def ours(gallery: Tensor, query: Tensor) -> Tensor:
    """Neighbours by this package, on the GPU if there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return vt.nearest(gallery.to(device), query.to(device), K, chunk=CHUNK).cpu()


def implementations(gallery: Tensor, query: Tensor) -> dict[str, Callable[[], Tensor]]:
    """Functions that find the K nearest gallery videos of every query, by library."""
    index = faiss.IndexFlatIP(DIMENSIONS)
    index.add(gallery.numpy())
    return {
        "vididi_transforms": lambda: ours(gallery, query),
        "scikit-learn, brute": lambda: torch.from_numpy(NearestNeighbors(
            n_neighbors=K, metric="cosine", algorithm="brute").fit(gallery.numpy()).kneighbors(
                query.numpy(), return_distance=False)),
        "faiss IndexFlatIP": lambda: torch.from_numpy(index.search(query.numpy(), K)[1]),
    }


def larger_gallery(number: int, query: Tensor) -> dict[str, float]:
    """Time and memory with a gallery of ``number`` videos."""
    gallery = features(number)
    seconds = timed(lambda: ours(gallery, query))
    return {"gallery": number, "seconds": round(seconds, 2), "similarities in MiB": CHUNK * number * 4 // 2**20,
            "peak of the process in MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def features(number: int, seed: int = 0) -> Tensor:
    """Unit vectors, ``[number, 512]``."""
    return F.normalize(torch.randn(number, DIMENSIONS, generator=torch.Generator().manual_seed(seed)), dim=1)


if __name__ == "__main__":
    main()
