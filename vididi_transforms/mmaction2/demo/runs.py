"""The trainings and tests of the demo, each a process of MMAction2's own tools."""
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import torch

from ...data.files import write_checkpoint
from ...evaluation.clustering import silhouette
from ...evaluation.features import read_features
from ...evaluation.neighbours import TOPK
from .display import Display
from .processes import Follow, Processes

METHODS = ("vicreg", "vididi-vicreg")
UNTRAINED = "untrained"
CONFIG = "demo/{}_r3d-tiny_1xb32-8x3x2-72e_motion-rgb.py"
Scores = dict[str, float]  # top1, top5, top10, silhouette, attention


def config(method: str) -> Path:
    """The demo's config, from the installed package or a checkout."""
    package = Path(__file__).parents[2]
    installed = package / ".mim/configs"
    return (installed if installed.exists() else package.parent / "mmaction_configs") / CONFIG.format(method)


def measure(out: Path, options: list[str]) -> tuple[dict[str, Scores], dict[str, float]]:
    """Train every method, and test it and the untrained encoder; two processes at a time.

    Args:
        out: folder for the work dirs and logs.
        options: ``KEY=VALUE`` settings that override those of the configs.

    Returns:
        Scores by encoder, and the seconds of each training by method.
    """
    with Display((*METHODS, UNTRAINED)) as display:
        runs = Runs(out, options, display)
        works: dict[str, Callable[[], Scores]] = {
            **{method: partial(runs.train_and_test, method) for method in METHODS}, UNTRAINED: runs.test_untrained}
        recalls = dict(zip(works, runs.processes.side_by_side(list(works.values())), strict=True))
    return {name: recalls[name] for name in (UNTRAINED, *METHODS)}, runs.seconds


class Runs:
    """Runs of the demo.

    Args:
        out: folder for the work dirs and logs.
        options: ``KEY=VALUE`` settings that override those of the configs.
        display: shows the progress.

    Attributes:
        seconds: time of each training by method.
    """

    def __init__(self, out: Path, options: list[str], display: Display) -> None:
        self.out, self.options, self.display = out, options, display
        self.processes = Processes(out)
        self.seconds: dict[str, float] = {}

    def train_and_test(self, method: str) -> Scores:
        """Pretrain by ``mim train``, and test."""
        start = time.time()
        self.processes.mim(f"train {method}", "train", "mmaction2", config(method), "--work-dir", self.out / method,
                           *cfg_options(self.options), follow=self._follow(method, "train"))
        self.seconds[method] = round(time.time() - start, 1)
        return self.test(method, config(method), Path((self.out / method / "last_checkpoint").read_text()))

    def test_untrained(self) -> Scores:
        """Test the initial weights."""
        return self.test(UNTRAINED, config(METHODS[0]), untrained_checkpoint(self.out))

    def test(self, name: str, config_file: Path, checkpoint: Path) -> Scores:
        """Test a checkpoint, and measure its saliency."""
        recalls = retrieval(self.processes, f"test {name}", config_file, checkpoint, self.out / name, self.options,
                            self._follow(name, "test"))
        self.processes.module(f"attention {name}", "vididi_transforms", "saliency", config_file, checkpoint,
                              "--out", self.out / name, "--names", name, "--cfg-options",
                              "model.backbone.out_indices=[1]",  # the last maps are too coarse
                              *self.options, follow=self._follow(name, "attention"))
        return recalls | other_scores(self.out / name)

    def _follow(self, name: str, stage: str) -> Follow:
        return self.display.stage(name, stage, self.processes.log(f"{stage} {name}"))


def retrieval(processes: Processes, title: str, config_file: Path, checkpoint: Path, work_dir: Path,
              options: Sequence[str] = (), follow: Follow | None = None) -> Scores:
    """Recalls of a checkpoint, by ``mim test``; for ``title`` and ``follow`` see :meth:`Processes.module`.

    Raises:
        RuntimeError: If the test wrote no result.
    """
    started = time.time()
    processes.mim(title, "test", "mmaction2", config_file, "--checkpoint", checkpoint, "--work-dir", work_dir,
                  *cfg_options(options), follow=follow)
    written = [path for path in work_dir.glob("*/*.json") if path.stat().st_mtime >= started - 1]
    if not written:
        raise RuntimeError(f"mim test wrote no result to {work_dir}")
    metrics = json.loads(written[-1].read_text())
    return {f"top{k}": round(metrics[f"retrieval/top{k}"], 4) for k in TOPK}


def other_scores(work_dir: Path) -> Scores:
    """Silhouette of the classes of the test videos, and the share of attention on the moving shape."""
    test = read_features(work_dir).part("query")
    saliency = json.loads((work_dir / "saliency.json").read_text())
    scores = {"silhouette": round(silhouette(test.features, test.labels), 4)} if find_spec("sklearn") else {}
    return scores | {"attention": saliency["attention_on_motion"]["mean"]}


def cfg_options(options: Sequence[str]) -> list[str]:
    """``--cfg-options`` with settings, if there are any."""
    return ["--cfg-options", *options] if options else []


def untrained_checkpoint(out: Path, seed: int = 0) -> Path:
    """Write a checkpoint of the encoder with its initial weights."""
    from mmaction.registry import MODELS
    from mmengine.config import Config
    from mmengine.logging import MMLogger
    from mmengine.registry import init_default_scope

    init_default_scope("mmaction")
    MMLogger.get_current_instance().setLevel("WARNING")  # INFO prints a line for each weight
    torch.manual_seed(seed)
    model = MODELS.build(Config.fromfile(config(METHODS[0])).model)
    model.init_weights()
    path = out / f"untrained-seed{seed}.pth"
    write_checkpoint(path, dict(state_dict=model.state_dict(), meta={}))
    return path
