"""ViDiDi in MMAction2. Importing this module registers all its components.

The rooms in data-flow order:

- ``compat`` repairs the released packages first;
- ``datasets`` reads videos and samples two clips of each;
- ``models`` augments batches of clips and encodes the two views; objectives are heads;
- ``vididi_hook`` differentiates the views between data preprocessor and encoder;
- ``engine``: hooks for reproducible, resumable training;
- ``evaluation``: metrics, feature files, saliency;
- ``tools`` and ``demo``: commands that run MMAction2's own tools.

In a config::

    custom_imports = dict(imports=['vididi_transforms.mmaction2'], allow_failed_imports=False)
    custom_hooks = [dict(type='ViDiDiHook')]
"""
from . import compat

compat.install()

from .datasets.ava import SafeAVADataset  # noqa: E402
from .datasets.class_balanced import ClassBalancedDataset  # noqa: E402
from .datasets.clip_pairs import PerClip, SampleClipPair, SetRetrievalSplit  # noqa: E402
from .datasets.clip_transforms import ClipColorJitter, ClipGaussianBlur, ClipGrayscale  # noqa: E402
from .datasets.read_video import ReadVideo, VideoReadError  # noqa: E402
from .datasets.safe_dataset import SafeDataset  # noqa: E402
from .datasets.samplers import KeyedSampler  # noqa: E402
from .datasets.video_list import VideoListDataset  # noqa: E402
from .engine.bad_videos import BadVideosHook  # noqa: E402
from .engine.bn_statistics import BNStatisticsHook  # noqa: E402
from .engine.checks.finite_check import CheckFiniteHook  # noqa: E402
from .engine.checks.gradient_check import CheckGradientsHook  # noqa: E402
from .engine.checks.load_check import CheckLoadedHook  # noqa: E402
from .engine.momentum_update import MomentumUpdateHook  # noqa: E402
from .engine.optimizers import LARS  # noqa: E402
from .engine.preemption import PreemptionHook  # noqa: E402
from .engine.resume import ExactResumeHook  # noqa: E402
from .engine.step_seed import StepSeedHook  # noqa: E402
from .evaluation.dump_features import DumpFeatures  # noqa: E402
from .evaluation.retrieval_metric import VideoRetrievalMetric  # noqa: E402
from .models.backbones import TorchvisionVideoBackbone  # noqa: E402
from .models.data_preprocessor import ClipPairDataPreprocessor  # noqa: E402
from .models.encoders import FrameEncoder  # noqa: E402
from .models.heads import (  # noqa: E402
    BYOLHead,
    JointEmbeddingHead,
    MomentumHead,
    RetrievalHead,
    SimCLRHead,
    VICRegHead,
)
from .models.recognizers import MomentumRecognizer, TwoViewRecognizer  # noqa: E402
from .vididi_hook import ViDiDiHook  # noqa: E402

compat.bfloat16.install()

__all__ = [
    "LARS",
    "BNStatisticsHook",
    "BYOLHead",
    "BadVideosHook",
    "CheckFiniteHook",
    "CheckGradientsHook",
    "CheckLoadedHook",
    "ClassBalancedDataset",
    "ClipColorJitter",
    "ClipGaussianBlur",
    "ClipGrayscale",
    "ClipPairDataPreprocessor",
    "DumpFeatures",
    "ExactResumeHook",
    "FrameEncoder",
    "JointEmbeddingHead",
    "KeyedSampler",
    "MomentumHead",
    "MomentumRecognizer",
    "MomentumUpdateHook",
    "PerClip",
    "PreemptionHook",
    "ReadVideo",
    "RetrievalHead",
    "SafeAVADataset",
    "SafeDataset",
    "SampleClipPair",
    "SetRetrievalSplit",
    "SimCLRHead",
    "StepSeedHook",
    "TorchvisionVideoBackbone",
    "TwoViewRecognizer",
    "VICRegHead",
    "ViDiDiHook",
    "VideoListDataset",
    "VideoReadError",
    "VideoRetrievalMetric",
]
