"""A headless Chromium: browser.mjs drives it, by playwright-core."""

import json
import pathlib
import queue
import subprocess
import threading

from harness import environment, needs

LIMIT = 60.0  # for one action; the browser's own limits are shorter


class Browser:
    def __init__(self, profile):
        needs.node_module("playwright-core")
        driver = pathlib.Path(__file__).with_name("browser.mjs")
        argv = [needs.program("node"), driver, needs.E2E / "node_modules", needs.program("chromium"), profile]
        self._process = subprocess.Popen(
            [str(part) for part in argv], env=environment.clean(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, encoding="utf-8")  # fmt: skip
        self._answers = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self._answer()

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def open(self, url, width=1280, dark=False):
        """The status. What the page did wrong before is forgotten."""
        return self._do("open", url, {"width": width, "dark": dark})

    def until(self, condition):
        """Waits until the expression is true in the page."""
        self._do("until", condition)

    def until_shown(self, selector, text):
        """Waits until an element that fits is there to see, and says this."""
        elements = f"[...document.querySelectorAll({json.dumps(selector)})]"
        self.until(f"{elements}.some((element) => element.checkVisibility() && element.innerText.includes({json.dumps(text)}))")

    def __getattr__(self, action):
        return lambda *args: self._do(action, *args)

    def _do(self, action, *args):
        self._process.stdin.write(json.dumps({"do": action, "with": args}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _read(self):
        for line in self._process.stdout:
            self._answers.put(json.loads(line))
        self._answers.put({"failed": "the browser has ended"})

    def _answer(self):
        answer = self._answers.get(timeout=LIMIT)
        assert "failed" not in answer, answer["failed"]
        return answer["is"]
