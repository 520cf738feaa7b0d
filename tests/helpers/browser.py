"""A headless Chromium that reaches no network.

Debian: ``apt-get install chromium chromium-driver``.
"""
import os
import shutil

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update", "--window-size=1200,1000",
             "--host-resolver-rules=MAP * ~NOTFOUND")


def start(**preferences):
    """Start the browser. Without one, tests are skipped, but fail in CI."""
    programs = [next(filter(None, map(shutil.which, names)), None)
                for names in (("chromium", "google-chrome", "chromium-browser"), ("chromedriver",))]
    if None in programs:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no chromium and chromedriver on this machine")
    options = ChromeOptions()
    options.binary_location = programs[0]
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.add_experimental_option("prefs", preferences)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return Chrome(options, ChromeService(programs[1]))


@pytest.fixture(scope="module")
def browser():
    """One browser for all tests of a file."""
    chromium = start()
    yield chromium
    chromium.quit()
