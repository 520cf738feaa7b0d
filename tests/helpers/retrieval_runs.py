"""Two runs on the same real videos, with known answers."""
import numpy as np
from feature_files import save

from vididi_transforms.data.motion_videos import write_dataset
from vididi_transforms.data.motions import MOTIONS

CLASSES = ("<b>slide</b> & co", "up", "round", "Turning" * 40)
SHIFT = np.roll(np.eye(4), 1, axis=0)  # class 0 becomes class 3, 1 becomes 0, ...


def write_runs(root):
    """Two work dirs, ``good`` and ``bad``.

    In ``good`` the nearest video of every query is right, in ``bad`` only for class 2.
    """
    write_dataset(root / "videos", train=12, test=8, size=32, frames=40, classes=tuple(MOTIONS)[:4])
    lines = {split: (root / f"videos/{name}.txt").read_text().splitlines()
             for split, name in (("gallery", "train"), ("query", "test"))}
    rows = [(split, *line.split()) for split in lines for line in lines[split]]
    labels = np.array([int(label) for _, _, label in rows])
    queries = np.array([split == "query" for split, _, _ in rows])
    common = dict(labels=labels, splits=np.array([split for split, _, _ in rows]), classes=np.array(CLASSES),
                  videos=np.array([f"videos/{name}" for _, name, _ in rows]))
    noise = np.random.default_rng(0).normal(size=(len(rows), 4)) / 100
    for name, moved in (("good", labels < 0), ("bad", queries & (labels != 2))):
        features = np.where(moved[:, None], SHIFT[labels], np.eye(4)[labels]) + noise
        save(root / name / "features.npz", features=features.astype(np.float32), **common)
    return [root / "good", root / "bad"]
