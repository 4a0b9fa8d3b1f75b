"""A headless Chromium that opens pages from disk, and tells what they did."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

PATIENCE = 60
"""So many seconds are waited for what takes a part of one where nobody else works."""

ATTEMPTS = 3

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--window-size=1280,1000",
    "--force-color-profile=srgb",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")


def _found() -> tuple[str, str]:
    """Find Chromium and its driver; skip without them, unless they must be here."""
    browser = next(filter(None, map(shutil.which, NAMES)), "")
    driver = shutil.which("chromedriver") or ""
    if browser and driver:
        return browser, driver
    reason = "chromium and chromium-driver are not installed"
    if os.environ.get("CI") == "true" or os.environ.get("DSAC_BROWSER_TESTS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def chromium() -> Iterator[Chrome]:
    """Start a browser, and end it."""
    browser, path = _found()
    options = ChromeOptions()
    options.binary_location = browser
    for flag in FLAGS:
        options.add_argument(flag)
    logs = {"browser": "ALL", "performance": "ALL"}
    options.set_capability("goog:loggingPrefs", logs)
    driver = _started(options, path)
    driver.set_page_load_timeout(PATIENCE)
    driver.set_script_timeout(PATIENCE)
    try:
        yield driver
    finally:
        driver.quit()


def _started(options: ChromeOptions, path: str) -> Chrome:
    """Start a browser; again where somebody else took the port that was meant for it.

    With the path of the driver, selenium looks for none elsewhere.
    """
    for _ in range(ATTEMPTS - 1):
        with suppress(WebDriverException):
            return Chrome(options=options, service=Service(executable_path=path))
    return Chrome(options=options, service=Service(executable_path=path))


class Tab:
    """A page in the browser."""

    def __init__(self, driver: Chrome, folder: Path) -> None:
        self.driver = driver
        self._folder = folder

    def open(self, text: str) -> None:
        """Write a page to a file and open that; wait until its list is there."""
        path = self._folder / "page.html"
        path.write_text(text, encoding="utf-8")
        self.driver.get(path.as_uri())
        self.wait(lambda: self.run("return document.documentElement.dataset.ready"))

    def wait(self, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05).until(
            lambda _: holds()
        )

    # Any: whatever a script returns.
    def run(self, script: str, *some: object) -> Any:
        """Run a script in the page and give what it returns."""
        return self.driver.execute_script(script, *some)

    def all(self, selector: str) -> list[WebElement]:
        """Find elements."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """Find the one element that there is."""
        (found,) = self.all(selector)
        return found

    def texts(self, selector: str) -> list[str]:
        """Give what elements say, seen or not."""
        script = "return [...document.querySelectorAll(arguments[0])]"
        found: list[str] = self.run(f"{script}.map(item => item.textContent)", selector)
        return found

    @property
    def count(self) -> str:
        """How many changes the page says that it lists."""
        return self.one("#count").text

    def choose(self, facet: str, value: str) -> None:
        """Narrow the list."""
        self.run(
            "const select = document.getElementById(arguments[0]);"
            "select.value = arguments[1];"
            "select.dispatchEvent(new Event('change'));",
            f"by-{facet}",
            value,
        )

    def said(self) -> list[str]:
        """Give what the console says, and forget it."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def asked(self) -> list[str]:
        """Give the addresses that were asked for anything, and forget them."""
        events = [
            json.loads(entry["message"])["message"]
            for entry in self.driver.get_log("performance")
        ]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
