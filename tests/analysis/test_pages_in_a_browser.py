"""The retrieval page and the report in a real browser.

They are opened from disk and used by keyboard.
"""
import time

import pytest
from axe_core_python.selenium import Axe
from browser import browser, start
from feature_files import save, toy
from retrieval_runs import CLASSES, write_runs
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from work_dirs import retrieval_result, write_test, write_training

from vididi_transforms.analysis.report import write_report
from vididi_transforms.analysis.retrieval_page import write_retrieval_page
from vididi_transforms.evaluation.features import read_runs

__all__ = ["browser"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Addresses of both pages."""
    root = tmp_path_factory.mktemp("pages")
    runs = write_runs(root)
    write_retrieval_page(read_runs(runs), root / "retrieval.html", root)
    work_dir = root / "run"
    write_training(work_dir, 1, 6)
    write_test(work_dir, retrieval_result(0.5))
    save(work_dir / "features.npz", **toy(0))
    write_report([work_dir], root / "report.html")
    return {name: (root / f"{name}.html").as_uri() for name in ("retrieval", "report")}


@pytest.fixture
def page(browser, pages):
    browser.get(pages["retrieval"])
    return browser


def press(page, *keys):
    """Send keys to the focused element; returns the next focused one."""
    for key in keys:
        page.switch_to.active_element.send_keys(key)
    return page.switch_to.active_element


def go_to(page, name):
    """Focus an element by pressing Tab."""
    for _ in range(40):
        focused = press(page, Keys.TAB)
        if name in (focused.get_attribute("name"), focused.text):
            return focused
    raise AssertionError(f"{name} is not reached by the Tab key")


def shown(page):
    return [query.text.splitlines()[0].split(": ")[0] for query in page.find_elements(By.CSS_SELECTOR, ".query")
            if query.is_displayed()]


def status(page):
    return page.find_element(By.TAG_NAME, "output").text


def positions(page):
    """Positions of the strips of the first clips, in per cent."""
    return page.execute_script("return [...document.querySelectorAll('.clip')].slice(0, 11)"
                               ".map(clip => getComputedStyle(clip).backgroundPositionX)")


def moves(page):
    """Whether a clip changes its frame within the next second."""
    first, end = positions(page), time.monotonic() + 1
    while time.monotonic() < end:
        if positions(page) != first:
            return True
    return False


@pytest.mark.parametrize("name", ["retrieval", "report"])
def test_nothing_is_loaded_and_nothing_is_blocked(browser, pages, name):
    browser.get(pages[name])
    asked = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [address for address in asked if not address.startswith("data:")] == []
    assert browser.get_log("browser") == []
    assert browser.title in ("Video retrieval: good, bad", "Runs side by side")


@pytest.fixture(params=[1200, 500])
def width(request, browser):
    """On a narrow screen, only tables scroll."""
    browser.set_window_size(request.param, 1000)
    yield request.param
    browser.set_window_size(1200, 1000)


@pytest.mark.parametrize("name", ["retrieval", "report"])
def test_accessibility(browser, pages, name, width):
    browser.get(pages[name])
    found = Axe().run(browser)
    assert len(found["passes"]) > 10
    assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found["violations"]] == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_clips_play_and_pause_by_keyboard(page):
    assert moves(page)
    seen = set()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        seen.add(positions(page)[0])
    assert sorted(float(place.rstrip("%")) for place in seen) == pytest.approx(
        [100 * frame / 11 for frame in range(12)], abs=0.01)
    button = go_to(page, "Pause clips")
    press(page, Keys.SPACE)
    assert button.text == "Play clips"
    assert not moves(page)
    press(page, Keys.ENTER)
    assert moves(page)


def test_every_clip_has_its_picture(page):
    sizes = []
    for query in page.find_elements(By.CLASS_NAME, "query"):  # laid out only when it is on the screen
        sizes += page.execute_async_script("""
            const [query, done] = arguments;
            query.scrollIntoView();
            requestAnimationFrame(() => requestAnimationFrame(async () => {
                const sizes = [];
                for (const clip of query.querySelectorAll('.clip')) {
                    const picture = new Image();
                    picture.src = getComputedStyle(clip).backgroundImage.slice(5, -2);
                    await picture.decode();
                    sizes.push([picture.naturalWidth, picture.naturalHeight, clip.clientWidth, clip.clientHeight]);
                }
                done(sizes);
            }));""", query)
    assert sizes == [[12 * 80, 80, 80, 80]] * (8 * 11)


def test_filter_by_class_and_by_nearest_video(page):
    assert shown(page) == sorted(CLASSES * 2, key=CLASSES.index)
    assert status(page) == "8 of 8 queries"
    go_to(page, "class")
    press(page, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert shown(page) == ["up", "up"]
    assert status(page) == "2 of 8 queries"
    go_to(page, "run0")
    press(page, "w")  # by its first letter
    assert shown(page) == []
    assert status(page) == "0 of 8 queries"
    press(page, Keys.HOME, Keys.TAB)
    assert press(page, "w").get_attribute("name") == "run1"
    assert shown(page) == ["up", "up"]
    press(page, Keys.ARROW_UP)
    assert shown(page) == []


def test_queries_that_only_the_better_run_gets_right(page):
    for name, letter in (("run0", "r"), ("run1", "w")):
        go_to(page, name)
        press(page, letter)
    assert shown(page) == [name for name in CLASSES if name != "round" for _ in range(2)]


def test_clips_do_not_play_with_reduced_motion(browser, pages):
    features = dict(features=[dict(name="prefers-reduced-motion", value="reduce")])
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", features)
    try:
        browser.get(pages["retrieval"])
        assert not moves(browser)
        go_to(browser, "Play clips")
        press(browser, Keys.SPACE)
        assert moves(browser)
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", dict(features=[]))


def test_without_scripts_everything_is_shown(pages):
    no_scripts = start(**{"profile.managed_default_content_settings.javascript": 2})
    try:
        no_scripts.get(pages["retrieval"])
        assert len(shown(no_scripts)) == 8
        assert not no_scripts.find_element(By.TAG_NAME, "form").is_displayed()
    finally:
        no_scripts.quit()
