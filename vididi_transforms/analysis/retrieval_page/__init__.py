"""Test videos with their nearest training videos, as one self-contained HTML file.

Reading order: ``thumbnails`` (a video as a strip of small frames), ``clips`` (the thumbnails of a page), ``queries``
(queries and their nearest videos), ``tables`` (recall, confusion), ``write`` (the file), ``command``. ``page.css``
plays the strips as clips; ``page.js`` filters the queries.
"""
from .write import write_retrieval_page

__all__ = ["write_retrieval_page"]
