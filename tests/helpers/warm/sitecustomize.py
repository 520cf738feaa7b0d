"""Python imports this when it starts; programs that import OpenMMLab then run in a fork of a warm process."""
import sys
from pathlib import Path

words = [word for word in sys.orig_argv[1:] if word != "-u"]
module = words[1].split(".")[0] if words[:1] == ["-m"] else ""
if module in ("mim", "vididi_transforms") or (words and words[0].endswith(".py") and "/.mim/tools/" in words[0]):
    sys.path.append(str(Path(__file__).parents[1]))
    from forked import hand_over

    hand_over(words)
