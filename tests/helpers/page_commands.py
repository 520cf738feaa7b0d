"""Code blocks and commands of a Markdown page."""
import re
import shlex

PROGRAMS = ("vididi", "python", "mim", "make")


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), flags=re.M | re.S)


def commands(text):
    """Commands in blocks and inline code of a page, as words without comments."""
    text = re.sub(r"^```\w+\n.*?^```$", "", text, flags=re.M | re.S)
    lines = [line for block in re.findall(r"^```\n(.*?)^```$", text, flags=re.M | re.S)
             for line in re.sub(r"\\\n\s*", "", block).splitlines()]
    lines += [" ".join(found.split()) for found in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)]
    found = [shlex.split(part, comments=True) for line in lines for part in line.split("&&")
             if part.split()[:1] and part.split()[0] in PROGRAMS]
    return [words for words in found if len(words) > 1]
