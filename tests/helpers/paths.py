"""Where the project is."""
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "mmaction_configs"
DEMO = CONFIGS / "demo/vididi-vicreg_r3d-tiny_1xb32-8x3x2-72e_motion-rgb.py"
