"""Test videos and the training videos that they find, as one HTML file that needs nothing beside itself.

``thumbnails`` (a video as a small film strip) -> ``clips`` (of all videos that are shown) -> ``queries`` (with the
nearest videos of each run) and ``tables`` (recalls, confusion) -> ``write`` -> ``cli``. ``page.css`` plays the strips,
``page.js`` filters.
"""
from .write import write_retrieval_page

__all__ = ["write_retrieval_page"]
