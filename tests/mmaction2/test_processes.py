"""The number of ranks changes nothing: the stock tool trains with one, two and four ranks, on the CPU.

The encoder has no batch normalisation, whose statistics differ between ranks on a CPU. So every run computes the same
function of the global batch, and one comparison covers sampling, derivatives, gathering and reduction. Computed in
float64: in float32 rounding depends on the number of clips per rank, and now and then flips a ReLU.
"""
from concurrent.futures import ThreadPoolExecutor

import pytest
from forked import forking
from paths import DEMO
from stock_tools import TOOLS, WITH_HELPERS, free_port, options, run, scalars
from tiny_runs import tiny_for

pytestmark = pytest.mark.slow
ENV = {**WITH_HELPERS, "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}  # as docs/cluster.md says
TORCHRUN = ("-m", "torch.distributed.run", "--nproc-per-node=2")
VIDEOS, GALLERY, QUERIES = 23, 15, 8  # 23 training videos, 23 in retrieval: not divisible by 2 or 4
BATCH, STEPS = 8, 8
CONFIG = """
_base_ = ['{demo}']
custom_imports = dict(imports=['vididi_transforms.mmaction2', 'faults', 'double_precision'], allow_failed_imports=False)
custom_hooks = [dict(type='ViDiDiHook', check_ranks=True), {fault}]
model = dict(
    type='DoubleRecognizer',
    backbone=dict(norm_cfg=dict(type='GN', num_groups=2)),
    cls_head=dict(num_layers=1),
    data_preprocessor=dict(augment=dict(_delete_=True, p_jitter=0.8, p_gray=0.5, p_blur=0.5)))
optim_wrapper = dict(optimizer=dict(_delete_=True, type='SGD', lr=0.1))
train_cfg = dict(max_epochs=4, val_interval=4)
model_wrapper_cfg = dict(type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=False)
"""


def train(motion, work, processes, *arguments, launchers, fault=""):
    """Train with all launchers at the same time."""
    work.mkdir()
    videos = [line for name in ("train", "test") for line in (motion / f"{name}.txt").read_text().splitlines()]
    (work / "train.txt").write_text("\n".join(videos[:VIDEOS]))
    (work / "gallery.txt").write_text("\n".join(videos[:GALLERY]))
    (work / "cfg.py").write_text(CONFIG.format(demo=DEMO, fault=fault))
    settings = {key: value for key, value in tiny_for(motion).items() if not key.startswith("train_cfg")} | {
        "train_dataloader.dataset.ann_file": work / "train.txt", "train_dataloader.batch_size": BATCH // processes,
        "val_dataloader.dataset.datasets.0.ann_file": work / "gallery.txt",
        "default_hooks.checkpoint.by_epoch": False, "default_hooks.checkpoint.max_keep_ckpts": -1}
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda launcher: run(*launcher, work / "cfg.py", *arguments, "--work-dir", work,
                                           *options(settings), env=forking(ENV)), launchers))
    return work


@pytest.fixture(scope="module")
def one(motion, tmp_path_factory):
    return train(motion, tmp_path_factory.mktemp("one") / "work", 1, launchers=[[TOOLS / "train.py"]])


@pytest.fixture(scope="module")
def two(motion, tmp_path_factory):
    """The second rank dies after five steps, and torchrun restarts both."""
    torchrun = [*TORCHRUN, "--standalone", "--max-restarts=1", "-m", "vididi_transforms.mmaction2.tools.train"]
    return train(motion, tmp_path_factory.mktemp("two") / "work", 2, "--launcher", "pytorch", "--resume",
                 launchers=[torchrun], fault="dict(type='KillHook', step=5, rank=1)")


@pytest.fixture(scope="module")
def four(motion, two, tmp_path_factory):
    """Two torchruns, as on two machines, resume the run of two ranks at its third step, in the middle of an epoch."""
    torchrun = [*TORCHRUN, "--nnodes=2", "--rdzv-backend=c10d", f"--rdzv-endpoint=127.0.0.1:{free_port()}",
                TOOLS / "train.py"]
    return train(motion, tmp_path_factory.mktemp("four") / "work", 4, "--launcher", "pytorch", "--resume",
                 two / "iter_3.pth", launchers=[torchrun, torchrun])


def seen(work, key, first=0):
    return {step: value for step, value in scalars(work, key).items() if step > first}


@pytest.mark.parametrize(("name", "first"), [("two", 0), ("four", 3)])
def test_schedule_and_objective_equal_those_of_one_rank(request, one, name, first):
    work = request.getfixturevalue(name)
    for key in ("vididi_phase", "vididi_order1", "vididi_order2", "epoch"):
        assert seen(work, key) == seen(one, key, first)
    for key in ("lr", "loss", "loss_invariance", "loss_variance", "loss_covariance"):
        assert seen(work, key) == pytest.approx(seen(one, key, first), rel=1e-12), key
    assert len(seen(one, "loss")) == STEPS
    orders = zip(seen(one, "vididi_order1").values(), seen(one, "vididi_order2").values(), strict=True)
    assert len(set(orders)) > 3


@pytest.mark.parametrize("name", ["one", "two", "four"])
def test_retrieval_counts_every_video_once(request, one, name):
    work = request.getfixturevalue(name)
    assert list(scalars(work, "retrieval/gallery").values()) == [GALLERY]
    assert list(scalars(work, "retrieval/queries").values()) == [QUERIES]
    for key in ("retrieval/top1", "retrieval/top5"):
        assert scalars(work, key) == scalars(one, key)


def test_torchrun_restarted_the_dead_run(two):
    assert len(list(two.glob("*/vis_data"))) == 2
