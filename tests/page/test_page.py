"""The page at / of the admin port, in a real browser beside a real ambassador."""

import base64
import json
import re
import subprocess

import pytest

from harness import environment, needs
from harness.ambassador import write_config
from harness.scripted_upstream import answering, ok

WIDTHS = [375, 1280]
HTML_ACCEPT = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
# What stands beside the charts is in their pixels alone.
KEEP_DRAWN_TEXTS = """{
  const real = CanvasRenderingContext2D.prototype.fillText;
  drawn = [];
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    drawn.push(text);
    real.call(this, text, ...rest);
  };
  null;
}"""
STARTED_LONG_AGO = """{
  const real = fetch;
  fetch = async (path, options) => {
    const answer = await real(path, options);
    if (path !== '/status') return answer;
    const status = await answer.json();
    return new Response(JSON.stringify({ ...status, started_ms: status.started_ms - 120_000 }));
  };
  null;
}"""
LONG = "/" + 7000 * "L"
HOSTILE = "http://evil.example/<script>document.title='broken'</script>?q='%22&x=<b>"


@pytest.fixture(name="config")
def _config(upstream):
    server = upstream(answering(ok("four")))
    return f"""
        map:
          - source: http://localhost/api
            target: http://{server.authority}/rng
          - source: http://named
            target: http://numbers.test:{server.authority.rpartition(":")[2]}
    """


@pytest.fixture(name="proxy")
def _proxy(ambassador, config, name_server):
    return ambassador(config, env=name_server.environment())


def call(proxy, url, method="GET"):
    command = [needs.program("curl"), "-s", "-o", "/dev/null", "-g", "-X", method, "--noproxy", "", "-x",
               f"http://127.0.0.1:{proxy.port}", url]  # fmt: skip
    subprocess.run(command, env=environment.clean(), timeout=20, check=True)


def start_again(ambassador, proxy, config):
    """Another process in the place of this one, at the same addresses."""
    proxy.finish()
    return ambassador(config, base=f"listen: 127.0.0.1:{proxy.port}\nadmin: 127.0.0.1:{proxy.admin_port}\nworkers: 1\n")


def page_of(proxy, host="localhost"):
    return f"http://{host}:{proxy.admin_port}/"


@pytest.fixture(name="page")
def _page(proxy, browser):
    """The browser on the page, after a mapped and a blocked call. At the end the page must have done nothing wrong."""
    call(proxy, "http://localhost/api")
    call(proxy, "http://timecheck:8080/")
    assert browser.open(page_of(proxy)) == 200
    browser.until_shown("#calls", "timecheck")
    yield browser
    assert browser.problems() == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dark", [False, True])
def test_is_whole_at_every_width_and_in_both_themes(proxy, browser, width, dark):
    for path in ("/api", "/api/a-rather-long-path/" + 40 * "and-longer-"):
        call(proxy, "http://localhost" + path)
        call(proxy, "http://somewhere.example" + path)
    assert browser.open(page_of(proxy), width, dark) == 200
    browser.until_shown("#calls", "and-longer")
    browser.until("document.querySelectorAll('.charts canvas').length === 2")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.problems() == []
    luminance = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number).reduce((a, b) => a + b)"
    assert (browser.evaluate(luminance) < 3 * 128) == dark


@pytest.mark.parametrize("width", WIDTHS)
def test_a_long_url_takes_a_few_lines_and_scrolls(proxy, browser, width):
    for host in ("localhost", "somewhere.example"):
        call(proxy, f"http://{host}/api{LONG}")
    browser.open(page_of(proxy), width)
    browser.until_shown("#calls", "LLLL")
    browser.fill("#explain-url", "http://localhost/api" + LONG[:4000])
    browser.click("#explain button")
    browser.until_shown("#explained", "LLLL")
    heights = "[...document.querySelectorAll('#blocked li, #calls tr, #explained dd')].map((item) => item.offsetHeight)"
    assert max(browser.evaluate(heights)) < 600
    long_ones = "[...document.querySelectorAll('#blocked .call, #calls .long, #explained dd')]"
    browser.until(f"{long_ones}.some((item) => item.tabIndex === 0 && item.scrollHeight > item.clientHeight)")
    browser.until(f"{long_ones}.every((item) => (item.tabIndex === 0) === (item.scrollHeight > item.clientHeight + 1))")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


def test_short_texts_are_no_tab_stops(page):
    page.until_shown("#blocked pre", "timecheck")
    assert page.evaluate("document.querySelectorAll('#blocked [tabindex], #calls [tabindex]').length") == 0


def test_shows_health_and_version(page):
    assert page.text("#state") == "ready"
    assert page.text("#uptime").startswith("up ")
    assert page.evaluate("document.querySelector('#uptime').closest('[role=status]') === null"), "it would be read out"
    assert re.fullmatch(r"\d+\.\d+\.\d+", page.text("#version"))


def test_shows_the_configuration(page):
    text = page.text("#configuration")
    assert "ambassador.yaml" in text and "none since the start" in text and "blocked" in text


def test_shows_what_each_source_did(page):
    page.click("text=since start")
    page.until_shown("#sources tr:first-child", "http://localhost/api")
    cells = page.evaluate("[...document.querySelectorAll('#sources tr:first-child > *')].map((cell) => cell.innerText)")
    assert cells[0] == "http://localhost/api" and cells[2] == "100 %"
    assert all(re.search(r"m?s$", cell) for cell in cells[3:6]), cells
    assert cells[6:] == ["0", "0"]


def test_rates_are_of_the_last_minute(proxy, page):
    page.evaluate(STARTED_LONG_AGO)
    page.until("document.querySelector('#sources td').innerText === '0'")
    for _ in range(30):
        call(proxy, "http://localhost/api")
    page.until("Number(document.querySelector('#sources td').innerText) > 0")


def test_the_first_minute_is_all_since_the_start(proxy, page):
    page.until("document.querySelector('#tiles dd:last-child').innerText === '1 calls, since the start'")
    call(proxy, "http://localhost/api")
    page.until("document.querySelector('#tiles dd:last-child').innerText === '2 calls, since the start'")


def test_says_of_how_long_its_figures_are(page):
    page.evaluate(STARTED_LONG_AGO)
    page.until("/\\d+ calls, last \\d+ s/.test(document.querySelector('#tiles').innerText)")
    page.click("text=since start")
    page.until("document.querySelector('#tiles dd:last-child').innerText === '1 calls'")


def test_goes_on_while_nobody_sees_it(proxy, page):
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true }) && null")
    call(proxy, "http://unseen.example/")
    page.until_shown("#calls", "unseen.example")


def test_looks_at_once_when_somebody_comes_back(proxy, page):
    page.evaluate("{ const real = setTimeout; setTimeout = (what, after) => (after < 2000 ? real(what, after) : 1); null }")
    call(proxy, "http://last-look.example/")
    page.until_shown("#calls", "last-look.example")
    call(proxy, "http://came-back.example/")
    # The log may have the call a little later than the client has its answer.
    page.until("document.dispatchEvent(new Event('visibilitychange')) && /came-back/.test(calls.innerText)")


def test_counts_what_passes_without_a_source(ambassador, config, upstream, browser):
    server = upstream(answering(ok("passed")))
    proxy = ambassador(config + f"\n        allow: ['{server.authority}']\n")
    for url in (f"http://{server.authority}/", f"http://{server.authority}/x", "http://blocked.example/"):
        call(proxy, url)
    browser.open(page_of(proxy))
    browser.click("text=since start")
    browser.until("document.querySelector('#tiles dd:last-child').innerText === '2 calls'")
    rows = "[...document.querySelectorAll('#sources tr')].map((row) => [row.cells[0].innerText, row.cells[2].innerText])"
    assert browser.evaluate(rows)[2:] == [["not in the map, passed", "100 %"], ["not in the map, blocked", "–"]]


def test_says_where_nothing_was_called(proxy, browser):
    browser.open(page_of(proxy))
    browser.until("/0 calls, since the start/.test(document.querySelector('#tiles').innerText)")
    assert browser.evaluate("document.querySelector('#latency-chart').ariaLabel") == "Latency: no calls"
    assert browser.evaluate("document.querySelector('#rate-chart').ariaLabel") == "Calls per second: no calls"


def test_no_time_stands_twice_beneath_a_chart(proxy, browser):
    browser.open(page_of(proxy))
    browser.evaluate(KEEP_DRAWN_TEXTS)
    times = "drawn.filter((text) => /^\\d\\d:\\d\\d:\\d\\d$/.test(text))"
    browser.until(f"{times}.length > 12")
    assert browser.evaluate("drawn.filter((text, i) => text.includes(':') && text === drawn[i - 1])") == []


def test_says_that_calls_took_longer_than_is_known(page):
    page.evaluate("""{
      const real = fetch;
      fetch = async (path, options) => {
        const answer = await real(path, options);
        if (path !== '/status') return answer;
        const status = await answer.json();
        for (const source of status.sources) {
          source.calls = status.now_ms;
          source.durations = status.bounds.map(() => 0).concat(status.now_ms);
        }
        return new Response(JSON.stringify(status));
      };
      null;
    }""")
    page.evaluate(KEEP_DRAWN_TEXTS)
    page.until("document.querySelector('#latency-chart .u-legend').innerText.match(/> 60 s/g)?.length === 3")
    page.until("drawn.some((text) => /^[2-6]0 s$/.test(text))")
    page.until("document.querySelector('#latency-chart').ariaLabel === 'Latency: p95 now > 60 s'")


def test_shows_endpoints_and_how_old_their_addresses_are(proxy, page):
    call(proxy, "http://named/")
    page.until("document.querySelectorAll('#endpoints tr').length === 2")
    texts = "[...row.cells].map((cell) => cell.innerText)"
    rows = page.evaluate(f"[...document.querySelectorAll('#endpoints tr')].map((row) => {texts})")
    by_source = {row[1]: row for row in rows}
    assert by_source["http://named"][2:4] == ["in use", "0"]
    assert re.fullmatch(r"\d+ s", by_source["http://named"][4])
    assert by_source["http://localhost/api"][4] == "–"


def test_copies_the_line_that_would_allow_a_blocked_call(page):
    page.allow(["clipboard-read", "clipboard-write"])
    assert "timecheck:8080" in page.text("#blocked .call")
    page.click("#blocked button")
    page.until_shown("#blocked button", "Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.evaluate("document.querySelector('#blocked pre').textContent") + "\n"
    assert copied.startswith("allow:\n  - ")


def test_the_line_that_is_copied_lets_the_call_pass(proxy, page, config, tmp_path):
    line = page.evaluate("document.querySelector('#blocked pre').textContent")
    base = f"listen: 127.0.0.1:{proxy.port}\nadmin: 127.0.0.1:{proxy.admin_port}\nworkers: 1\n"
    write_config(tmp_path, base, config, line + "\n")
    proxy.process.signal(1)
    page.until_shown("#blocked", "The configuration in force lets it pass: allow timecheck:8080")
    assert "taken at" in page.text("#configuration")


def test_equal_blocked_calls_are_one(proxy, page):
    for _ in range(3):
        call(proxy, "http://timecheck:8080/")
    page.until_shown("#blocked li", "4 times")
    assert page.evaluate("document.querySelectorAll('#blocked li').length") == 1


def test_a_repeat_moves_nothing_under_the_pointer_nor_the_focus(proxy, page):
    for host in ("first", "second"):
        call(proxy, f"http://{host}.example/")
    page.until_shown("#blocked", "second.example")
    labels = "[...document.querySelectorAll('#blocked button')].map((button) => button.ariaLabel)"
    before = page.evaluate(labels)
    assert [re.search(r"//(\w+)", label)[1] for label in before] == ["second", "first", "timecheck"]
    page.evaluate("document.querySelectorAll('#blocked button')[1].focus()")
    box = page.evaluate("JSON.stringify(document.querySelector('#blocked button').getBoundingClientRect())")
    call(proxy, "http://timecheck:8080/")
    call(proxy, "http://first.example/")
    page.until("document.querySelectorAll('#blocked li')[2].innerText.includes('2 times')")
    page.until("document.querySelectorAll('#blocked li')[1].innerText.includes('2 times')")
    assert page.evaluate(labels) == before
    assert page.evaluate("JSON.stringify(document.querySelector('#blocked button').getBoundingClientRect())") == box
    assert page.evaluate("document.activeElement.ariaLabel") == before[1]


def test_what_has_the_focus_is_never_moved(proxy, browser):
    browser.open(page_of(proxy) + "healthz")  # which has no policy that would forbid the import
    module = base64.b64encode((needs.E2E.parent.parent / "proxy/admin/page/dom.js").read_bytes()).decode()
    order, focused = browser.evaluate(f"""import("data:text/javascript;base64,{module}").then(({{ sync }}) => {{
      const list = document.body.appendChild(document.createElement("div"));
      const show = (keys) =>
        sync(list, [...keys], String, () => document.createElement("button"), (button, key) => (button.textContent = key));
      show("abcd");
      list.children[2].focus();
      show("cadeb");
      return [list.textContent, document.activeElement.textContent];
    }})""")
    assert order == "cadeb"
    assert focused == "c"


def test_says_how_many_more_were_blocked(proxy, page):
    for i in range(25):
        call(proxy, f"http://h{i}.example/")
    page.until_shown("#blocked-more", "and 6 more")
    assert page.evaluate("document.querySelectorAll('#blocked li').length") == 20
    assert "h24.example" in page.text("#blocked li:first-child")


def test_a_process_that_was_started_again_begins_anew(ambassador, proxy, config, browser):
    for host in ("old-one", "old-two"):
        call(proxy, f"http://{host}.example/")
    browser.open(page_of(proxy))
    browser.until_shown("#calls", "old-two.example")
    browser.click("#pause")
    again = start_again(ambassador, proxy, config)
    for host in ("new-one", "new-two"):
        call(again, f"http://{host}.example/")
    browser.until_shown("#calls", "new-two.example")
    for place in ("#calls", "#blocked"):
        assert "new-one.example" in browser.text(place) and "old-" not in browser.text(place)
    assert browser.evaluate("document.querySelector('#pause').getAttribute('aria-pressed')") == "false"


@pytest.mark.parametrize("link, path, text", [("all lines at once", "/suggest", "timecheck"),
                                              ("as it is in force", "/config", "source:")])  # fmt: skip
def test_its_links_are_shown_by_the_browser(proxy, browser, link, path, text):
    call(proxy, "http://timecheck:8080/")
    browser.open(page_of(proxy))
    browser.until_shown("#blocked", "timecheck")
    browser.click(f"text={link}")
    browser.until(f"location.pathname === '{path}' && document.body?.innerText.includes('{text}')")


def test_shows_reported_calls_with_their_line(ambassador, config, browser):
    proxy = ambassador(config + "\n        unmapped: report\n")
    call(proxy, "http://127.0.0.1:1/")
    browser.open(page_of(proxy))
    browser.until_shown("#blocked", "reported")
    assert '- "127.0.0.1:1"' in browser.text("#blocked pre")


def test_shows_what_a_client_sent_as_text(proxy, page):
    call(proxy, HOSTILE)
    for selector in ("#blocked", "#calls"):
        page.until_shown(selector, "<script>")
    assert page.evaluate("document.title") == "ambassador"
    assert page.evaluate("document.querySelectorAll('main script, main b').length") == 0


def test_filters_the_calls(page):
    page.fill("#filter", "timecheck")
    page.until("document.querySelectorAll('#calls tr').length === 1")
    page.fill("#filter", "-timecheck 2xx")
    page.until_shown("#calls", "http://localhost/api")
    page.fill("#filter", "no-such-call")
    page.until_shown("#calls-note", "fits the filter")


def test_pauses(proxy, page):
    page.click("#pause")
    page.until("document.querySelector('#pause').getAttribute('aria-pressed') === 'true'")
    call(proxy, "http://later.example/")
    page.until_shown("#blocked", "later.example")
    assert "later.example" not in page.text("#calls")
    page.click("#pause")
    page.until_shown("#calls", "later.example")


def test_explains(page):
    page.fill("#explain-url", "http://localhost/api/x")
    page.press("Enter")
    page.until_shown("#explained", "/rng/x")
    page.fill("#explain-url", "http://nowhere.example/")
    page.click("#explain button")
    page.until_shown("#explained", '- "nowhere.example:80"')


def test_shows_a_reload_that_failed(proxy, page, tmp_path):
    write_config(tmp_path, "mapp: []\n")
    proxy.process.signal(1)
    page.until_shown("#notice", "mapp")
    page.until_shown("#configuration", "NOT taken")
    assert "the configuration from before" in page.text("#state")


def test_says_what_the_log_leaves_out(ambassador, config, browser):
    proxy = ambassador(config + "\n        log: {calls: errors, query: redact}\n")
    call(proxy, "http://localhost/api")
    call(proxy, "http://timecheck/?token=s3cret")
    browser.open(page_of(proxy))
    browser.until_shown("#calls", "timecheck")
    assert "log.calls: errors" in browser.text("#calls-note")
    assert "s3cret" not in browser.evaluate("document.body.innerText")


def test_says_that_the_ambassador_is_gone(proxy, browser):
    browser.open(page_of(proxy))
    browser.until_shown("#state", "ready")
    proxy.finish()
    browser.until_shown("#notice", "has not answered since")


def test_everything_can_be_reached_by_keyboard_and_has_a_name(page):
    nameless = page.evaluate("""[...document.querySelectorAll('a, button, input, select')].filter((element) =>
        !(element.ariaLabel || element.innerText.trim() || element.labels?.length)).map((element) => element.outerHTML)""")
    assert nameless == []
    assert page.evaluate("document.querySelectorAll('main section:not([aria-labelledby])').length") == 0
    page.press("Tab")
    assert page.text(":focus") == "Skip to the calls"
    page.press("Enter")
    page.until("document.activeElement.innerText === 'Calls'")


def test_text_stands_out_from_what_is_behind_it(proxy, browser):
    """4.5 to 1, as WCAG 2 asks for."""
    contrast = """(() => {
      const style = getComputedStyle(document.documentElement);
      const light = (name) => {
        const parts = style.getPropertyValue('--' + name).match(/[0-9a-f]{2}/g).map((part) => parseInt(part, 16) / 255);
        const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const of = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
      const pairs = ['text', 'quiet', 'accent', 'good', 'fair', 'bad'].flatMap((ink) => [[ink, 'card'], [ink, 'page']]);
      pairs.push(['bad', 'bad-tint'], ['fair', 'fair-tint'], ['text', 'code'], ['quiet', 'code']);
      return pairs.filter(([ink, paper]) => of(ink, paper) < 4.5);
    })()"""
    for dark in (False, True):
        browser.open(page_of(proxy), 1280, dark)
        assert browser.evaluate(contrast) == []


def test_a_name_that_was_rebound_gets_nothing(proxy):
    for path in ("/", "/status", "/calls"):
        answer = proxy.admin(path, HTML_ACCEPT | {"Host": f"evil.example:{proxy.admin_port}"})
        assert answer.status == 403 and "<html" not in answer.text and "localhost/api" not in answer.text
        assert proxy.admin(path, HTML_ACCEPT | {"Host": f"localhost:{proxy.admin_port}"}).status == 200


def test_curl_still_gets_the_index(proxy):
    answer = proxy.admin("/", {"Accept": "*/*"})
    assert answer.headers["content-type"].startswith("text/plain") and "/explain" in answer.text


def test_status_and_calls_are_json_and_hold_no_more_than_they_may(proxy):
    for number in range(30):
        call(proxy, f"http://h{number}.example/" + 12_000 * "x")
    proxy.log("http://h29.example/")
    calls = json.loads(proxy.admin("/calls?after=0").text)
    assert calls["last"] == 30 and 2 <= len(calls["calls"]) < 30
    assert calls["calls"][-1]["source"].startswith("http://h29.example/")
    status = json.loads(proxy.admin("/status").text)
    assert status["blocked"] == 30 and status["unmapped"]["blocked"]["calls"] == 30
