"""Pictures and HTML pages for people: derivatives, saliency, trained encoders.

Reading order: ``taylor``, ``derivative_strip`` (one video); ``saliency``, ``attention``, ``saliency_pictures`` (one
encoder); ``html`` (building blocks of a page), ``retrieval_page/``, ``report/`` (several encoders side by side).
May import: ``derivatives``, ``objectives``, ``data``, ``evaluation``; matplotlib, Pillow and PyAV only inside the
functions that need them.
"""
