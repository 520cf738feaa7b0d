"""What a person looks at: pictures of derivatives and saliency, and HTML pages about trained encoders.

Reading order: ``taylor`` and ``derivative_strip`` (one video), ``saliency`` and ``saliency_pictures`` (one encoder),
``html`` (building blocks of a page), ``retrieval_page/`` and ``report/`` (several encoders side by side).
May import: ``derivatives``, ``data``, ``evaluation``; matplotlib, Pillow and PyAV inside the functions that need them.
"""
