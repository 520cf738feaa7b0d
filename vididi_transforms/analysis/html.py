"""Building blocks of accessible, self-contained HTML pages."""
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
    """A page with a table of contents and one section per heading.

    Args:
        title: title of the page.
        sections: heading to the HTML of its section.
        style: additional CSS.
        script: JavaScript of the page; the page's security policy allows no other script.
    """
    links, bodies = [], []
    for number, (heading, parts) in enumerate(sections.items()):
        links.append(f'<a href="#part{number}">{escape(heading)}</a>')
        bodies.append(f'<section id="part{number}">\n<h2>{escape(heading)}</h2>\n' + "\n".join(parts) + "\n</section>")
    contents = f'<nav aria-label="Contents">{"".join(links)}</nav>'
    digest = b64encode(sha256(script.encode()).digest()).decode()
    text = PAGE.substitute(title=escape(title), body="\n".join([contents, *bodies]), style=style,
                           allow=f"; script-src 'sha256-{digest}'" if script else "",
                           script=f"<script>{script}</script>\n" if script else "")
    return text.encode("utf-8", "replace").decode()  # file names may contain bytes that are not text


def paragraph(text: str) -> str:
    """A paragraph.

    Example:
        >>> paragraph("1 < 2")
        '<p>1 &lt; 2</p>'
    """
    return f"<p>{escape(text)}</p>"


def table(caption: str, header: Row, rows: Sequence[Row]) -> str:
    """A table of text; the first cell of a row is its heading."""
    return scrolling_table(caption, column_heads(header), [
        (row[0], "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])) for row in rows])


def column_heads(names: Sequence[str]) -> str:
    """HTML of the headings of columns."""
    return "".join(f'<th scope="col">{escape(name)}</th>' for name in names)


def scrolling_table(caption: str, head: str, rows: Sequence[tuple[str, str]], css_class: str = "wide") -> str:
    """A table that scrolls, by keyboard too, if it is wider than the window.

    Args:
        caption: caption of the table.
        head: HTML of the headings of the columns.
        rows: name of each row, and the HTML of its other cells.
        css_class: CSS classes of the surrounding element.
    """
    body = "\n".join(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>' for name, cells in rows)
    return (f'<div class="{css_class}" role="region" tabindex="0" aria-label="{escape(caption)}"><table>\n'
            f"<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n"
            "</table></div>")


def picture(png: bytes, alt: str) -> str:
    """A PNG inside the page, with its alternative text as the caption."""
    return (f'<figure><img alt="{escape(alt)}" src="data:image/png;base64,{b64encode(png).decode()}">'
            f"<figcaption>{escape(alt)}</figcaption></figure>")
