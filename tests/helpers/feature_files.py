"""Feature files with known answers."""
import numpy as np

# A separated class (jump), two close ones (run, walk), and one whose queries are among other classes (rest).
CENTRES = {"run": (0, 0), "jump": (90, 0), "rest": (0, 90), "walk": (2, 0)}


def toy(seed=0, gallery=12, query=6):
    """Content of a feature file: 4 classes in the plane.

    Queries of ``rest`` are among ``run`` and ``walk``.
    """
    rng = np.random.default_rng(seed)
    videos = [(label, name, split) for split, number in (("gallery", gallery), ("query", query))
              for label, name in enumerate(CENTRES) for _ in range(number)]
    centres = [CENTRES["run"] if (name, split) == ("rest", "query") else CENTRES[name] for _, name, split in videos]
    return dict(
        features=(1000 + np.array(centres) + rng.normal(size=(len(videos), 2))).astype(np.float32),
        labels=np.array([label for label, _, _ in videos]),
        splits=np.array([split for _, _, split in videos]),
        videos=np.array([f"{name}/{i}.avi" for i, (_, name, _) in enumerate(videos)]))


def save(path, **content):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **content)
    return path
