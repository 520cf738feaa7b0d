"""What a run has left in its work dir: MMEngine's logs, feature file, attention."""
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...evaluation.features import FILE, FeatureSet, read_features

Scalars = dict[str, float]


@dataclass(frozen=True, eq=False)
class Run:
    """A run, as far as it has gone; what it lacks is empty.

    Args:
        name: of its folder.
        training: logged steps of the training, in order.
        retrieval: recalls and numbers of videos of the last test, or else of the last validation.
        features: of the last test.
        attention: content of ``saliency.json``.
        saliency: the picture ``saliency.png``.
    """

    name: str
    training: list[Scalars]
    retrieval: Scalars
    features: FeatureSet | None
    attention: dict[str, Any]
    saliency: bytes


def read_run(folder: str | Path) -> Run:
    """Read a work dir. Of several trainings in it, such as resumed ones, the later counts where steps are the same.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: nothing of a run is in it, or a file in it is broken.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"a work dir must be a folder: {folder} is none")
    lines = [line for path in sorted(folder.glob("*/vis_data/scalars.json")) for line in _lines(path)]
    training = {line["step"]: line for line in lines if "loss" in line}
    saliency, picture = folder / "saliency.json", folder / "saliency.png"
    run = Run(name=folder.resolve().name,
              training=[training[step] for step in sorted(training)],
              retrieval=_retrieval(folder, lines),
              features=read_features(folder) if (folder / FILE).exists() else None,
              attention=_attention(saliency) if saliency.exists() else {},
              saliency=picture.read_bytes() if picture.exists() else b"")
    if not (run.training or run.retrieval or run.features or run.attention):
        raise ValueError(f"a work dir has logs of mim train or mim test, {FILE} or saliency.json: {folder} has none")
    return run


def _attention(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if "mean" not in content.get("attention_on_motion", {}):
        raise ValueError(f"saliency.json has the mean of attention_on_motion: {path} has {', '.join(content)}")
    return content


def _lines(path: Path) -> list[Scalars]:
    """The whole lines: a run that was killed may have left half of one."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def _retrieval(folder: Path, lines: list[Scalars]) -> Scalars:
    tests = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*/*.json"))
             if path.stem == path.parent.name]
    found = [{key: value for key, value in line.items() if key.startswith("retrieval")} for line in [*lines, *tests]]
    return next((line for line in reversed(found) if line), {})
