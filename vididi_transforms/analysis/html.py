"""A small, accessible HTML page that needs nothing beside itself."""
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from string import Template

Row = tuple[str, ...]

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'$allow">
<title>$title</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 70rem; margin: 0 auto;
       padding: 1rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; margin: 1rem 0 }
caption { text-align: left; padding: .3rem 0 }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #bbb; text-align: right }
th:first-child { text-align: left }
th:first-child, td { white-space: nowrap }
thead th { border-bottom: 2px solid #555 }
img { max-width: 100%; height: auto }
figure { margin: 1rem 0 }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem }
$style</style>
</head>
<body>
<main>
<h1>$title</h1>
$body
</main>
$script</body>
</html>
""")


def page(title: str, sections: Mapping[str, Sequence[str]], style: str = "", script: str = "") -> str:
    """The page, with contents and a heading for each section of finished HTML.

    Args:
        title: of the page.
        sections: heading to HTML.
        style: more CSS.
        script: no other one can run.
    """
    contents = "".join(f'<a href="#part{number}">{escape(heading)}</a>' for number, heading in enumerate(sections))
    body = f'<nav aria-label="Contents">{contents}</nav>\n' + "\n".join(
        f'<section id="part{number}">\n<h2>{escape(heading)}</h2>\n' + "\n".join(parts) + "\n</section>"
        for number, (heading, parts) in enumerate(sections.items()))
    digest = b64encode(sha256(script.encode()).digest()).decode()
    text = PAGE.substitute(title=escape(title), body=body, style=style,
                           allow=f"; script-src 'sha256-{digest}'" if script else "",
                           script=f"<script>{script}</script>\n" if script else "")
    return text.encode("utf-8", "replace").decode()  # names of files may hold what is no text


def paragraph(text: str) -> str:
    """A paragraph.

    Example:
        >>> paragraph("1 < 2")
        '<p>1 &lt; 2</p>'
    """
    return f"<p>{escape(text)}</p>"


def table(caption: str, header: Row, rows: Sequence[Row]) -> str:
    """A table whose first column names the rows."""
    return wide_table(caption, heads(header), [(row[0], "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]))
                                               for row in rows])


def heads(names: Sequence[str]) -> str:
    """Heads of columns."""
    return "".join(f'<th scope="col">{escape(name)}</th>' for name in names)


def wide_table(caption: str, head: str, rows: Sequence[tuple[str, str]], kind: str = "") -> str:
    """A table that can be scrolled by keyboard where it is too wide.

    Args:
        caption: what it shows.
        head: finished HTML of the heads.
        rows: of each its name and the finished HTML of its cells.
        kind: a class for CSS.
    """
    body = "\n".join(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>' for name, cells in rows)
    return (f'<div class="wide{kind and " "}{kind}" role="region" tabindex="0" aria-label="{escape(caption)}"><table>\n'
            f"<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n"
            "</table></div>")


def percent(share: float) -> str:
    """A share as a text.

    Example:
        >>> percent(0.125)
        '12.5 %'
    """
    return f"{100 * share:.1f} %"


def picture(png: bytes, alt: str) -> str:
    """A picture in the page itself, with the text that stands for it."""
    return (f'<figure><img alt="{escape(alt)}" src="data:image/png;base64,{b64encode(png).decode()}">'
            f"<figcaption>{escape(alt)}</figcaption></figure>")
