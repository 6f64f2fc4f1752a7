"""What holds for every page: rules, a strict CSP, and files that are what the lock says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import brotli
import pytest
from django.forms import ModelForm
from django.test import RequestFactory
from django.urls import get_resolver

from cpms.portal.views import errors
from cpms.router import rule_of

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
INLINE = re.compile(r"""\sstyle=|<style|\son[a-z]+=["']|<script(?![^>]*\ssrc=)|\shx-on|\bjs:""")


def views(patterns, prefix=""):
    for entry in patterns:
        where = f"{prefix}{entry.pattern}"
        if hasattr(entry, "url_patterns"):
            yield from views(entry.url_patterns, where)
        else:
            yield where, entry.callback


def test_every_route_says_who_may_call_it():
    without = [where for where, view in views(get_resolver().url_patterns) if rule_of(view) is None]

    assert without == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_nothing_inline(template):
    assert INLINE.findall(template.read_text()) == []


def test_a_form_never_shows_the_name_of_a_constraint():
    """What the database refuses, and the form did not foresee, is said in words too."""
    forms = [form for form in subclasses(ModelForm) if form._meta.model]
    constraints = [one for form in forms for one in form._meta.model._meta.constraints]

    assert constraints
    assert [
        one.name
        for one in constraints
        if one.violation_error_message == one.default_violation_error_message
    ] == []


def subclasses(base):
    for one in base.__subclasses__():
        yield one
        yield from subclasses(one)


def test_colours_are_tokens():
    css = (ROOT / "static" / "app.css").read_text()
    head, tokens, rest = re.split(r"(@layer tokens \{.*?\n\})", css, maxsplit=1, flags=re.DOTALL)

    assert tokens
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", re.sub(r"#[a-z]+\s*\{", "", head + rest)) == []


def test_answers_carry_a_strict_policy(client, db):
    policy = client.get("/login/")["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("url", ["/", "/login/", "/nowhere/", "/healthz", "/api/v1/schema"])
def test_nobody_keeps_an_answer(administrator, url):
    assert "no-store" in administrator.get(url)["Cache-Control"]


def test_the_page_for_our_own_failures_needs_no_database():
    answer = errors.server_error(RequestFactory().get("/"))

    assert answer.status_code == 500
    assert "Something failed on our side." in answer.content.decode()


def vendor_check(root):
    command = [sys.executable, "tools/vendor.py", "--check"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture
def shipped(tmp_path):
    """A copy of the vendored files and of what checks them."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    shutil.copytree(ROOT / "static" / "vendor", tmp_path / "static" / "vendor")
    for name in ("vendor.json", "vendor.lock.json"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_vendored_files_are_as_locked(shipped):
    assert vendor_check(shipped).returncode == 0


def test_a_changed_missing_or_extra_vendored_file_is_found(shipped):
    folder = shipped / "static" / "vendor"
    (folder / "htmx.min.js").write_text("changed")
    (folder / "icons.svg").unlink()
    (folder / "more.js").write_text("")

    found = vendor_check(shipped)

    assert found.returncode == 1
    assert set(found.stdout.split("\n")) == {
        "icons.svg: missing", "more.js: not in the lock", "htmx.min.js: changed", ""
    }  # fmt: skip


def test_every_icon_that_a_template_names_is_in_the_sprite():
    named = set()
    for template in TEMPLATES:
        named |= set(re.findall(r'{% icon "([\w-]+)"', template.read_text()))
        named |= set(re.findall(r'with name="([\w-]+)"', template.read_text()))
    sprite = (ROOT / "static" / "vendor" / "icons.svg").read_text()

    assert {name for name in named if f'id="{name}"' not in sprite} == set()


@pytest.mark.parametrize("name", ["app.css", "app.js", "vendor/echarts.min.js", "vendor/icons.svg"])
def test_files_are_packed_for_browsers_that_can_unpack(client, name):
    plain = client.get(f"/static/{name}")
    packed = client.get(f"/static/{name}", headers={"Accept-Encoding": "gzip, deflate, br"})

    assert plain.content == brotli.decompress(packed.content)
    assert plain.content == (ROOT / "static" / name).read_bytes()
    assert [answer["Content-Length"] for answer in (plain, packed)] == [
        str(len(plain.content)), str(len(packed.content))
    ]  # fmt: skip
    assert (packed["Content-Encoding"], packed["Vary"]) == ("br", "Accept-Encoding")


def test_a_file_that_the_browser_has_is_not_sent_again(client):
    first = client.get("/static/app.css")
    again = client.get("/static/app.css", headers={"If-Modified-Since": first["Last-Modified"]})

    assert (again.status_code, again.content) == (304, b"")
