"""For mkdocs: turns the reStructuredText of docstrings into Markdown."""
import re

import griffe

RULES = [(r"\.\. math:: (.+)", r"$$\1$$"), (r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"`\1`"), (r"``([^`]+)``", r"`\1`"),
         (r"(?m)^(\s*)Example:$", r"\1Examples:")]


class PlainDocstrings(griffe.Extension):
    """Rewrites formulas, roles and literals."""

    def on_instance(self, *, obj: griffe.Object, **kwargs: object) -> None:
        """Rewrite the docstring of an object, if it has one."""
        if obj.docstring is not None:
            for pattern, text in RULES:
                obj.docstring.value = re.sub(pattern, text, obj.docstring.value)
