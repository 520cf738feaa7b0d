"""ViDiDi in MMAction2: importing this module registers everything, in the order of the data's way.

``samplers`` (keyed draws) -> ``safe_dataset`` (unreadable videos) -> ``read_video`` -> ``pipelines`` (two clips, each
cropped) -> ``data_preprocessor`` (augmentation in batches) -> ``hooks`` (temporal derivatives of what the preprocessor
returns) -> ``recognizers`` (two streams) -> ``heads`` (objectives) -> ``metrics`` (retrieval),
``feature_file``. Beside it: ``training_hooks``, ``bad_videos``, ``resume``, ``preemption``.
``compat`` repairs the released stack first; ``doctor`` reports on it.

In a config::

    custom_imports = dict(imports=['vididi_transforms.mmaction2'], allow_failed_imports=False)
    custom_hooks = [dict(type='ViDiDiHook')]
"""
from . import compat

compat.install()

from .backbones import TorchvisionVideoBackbone  # noqa: E402
from .bad_videos import BadVideosHook  # noqa: E402
from .clip_transforms import ClipColorJitter, ClipGaussianBlur, ClipGrayscale  # noqa: E402
from .data_preprocessor import ClipPairDataPreprocessor  # noqa: E402
from .datasets import PlainAVADataset  # noqa: E402
from .feature_file import FeatureFile  # noqa: E402
from .heads import BYOLHead, RetrievalHead, SimCLRHead, VICRegHead  # noqa: E402
from .hooks import ViDiDiHook  # noqa: E402
from .load_check import CheckLoadedHook  # noqa: E402
from .metrics import VideoRetrievalMetric  # noqa: E402
from .optimizers import LARS  # noqa: E402
from .pipelines import MarkSplit, PerClip, SampleClipPair  # noqa: E402
from .preemption import PreemptionHook  # noqa: E402
from .read_video import ReadVideo, VideoReadError  # noqa: E402
from .recognizers import BYOLRecognizer, TwoStreamRecognizer  # noqa: E402
from .resume import ExactResumeHook  # noqa: E402
from .safe_dataset import SafeDataset  # noqa: E402
from .samplers import KeyedSampler  # noqa: E402
from .training_hooks import BYOLTargetHook, KeyedDrawsHook  # noqa: E402

__all__ = [
    "LARS",
    "BYOLHead",
    "BYOLRecognizer",
    "BYOLTargetHook",
    "BadVideosHook",
    "CheckLoadedHook",
    "ClipColorJitter",
    "ClipGaussianBlur",
    "ClipGrayscale",
    "ClipPairDataPreprocessor",
    "ExactResumeHook",
    "FeatureFile",
    "KeyedDrawsHook",
    "KeyedSampler",
    "MarkSplit",
    "PerClip",
    "PlainAVADataset",
    "PreemptionHook",
    "ReadVideo",
    "RetrievalHead",
    "SafeDataset",
    "SampleClipPair",
    "SimCLRHead",
    "TorchvisionVideoBackbone",
    "TwoStreamRecognizer",
    "VICRegHead",
    "ViDiDiHook",
    "VideoReadError",
    "VideoRetrievalMetric",
]
