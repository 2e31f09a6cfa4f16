# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""Sections (title, words, rows, chart) as one HTML page and as Markdown. Of
the rows the first is the head, and the first column has names."""
import html
import re

from harness import chart

STYLE = """
:root{color-scheme:light dark;--text:#1c2024;--page:#fff;--soft:#59636e;
--line:#d8dde3;--row:#eceff2;--head:#f6f8fa;--hover:#f3f7fd}
@media(prefers-color-scheme:dark){:root{--text:#e3e6ea;--page:#14171b;
--soft:#9aa4af;--line:#363d45;--row:#272c33;--head:#1e2329;--hover:#1d2733}}
body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:2em auto;
padding:0 1em;color:var(--text);background:var(--page)}
h1{font-size:1.7em;margin-bottom:.2em}h2{font-size:1.2em;margin-top:2.2em;
border-bottom:1px solid var(--line);padding-bottom:.2em}
.lead{color:var(--soft);margin-top:0}.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:13px;margin:1em 0;
font-variant-numeric:tabular-nums}
th,td{padding:3px 10px;text-align:right;border-bottom:1px solid var(--row)}
th{background:var(--head);position:sticky;top:0}
th:first-child,td:first-child{text-align:left;font-family:ui-monospace,
monospace}.text td,.text th{text-align:left;overflow-wrap:anywhere}
.text td:first-child{white-space:nowrap}
tr:hover td{background:var(--hover)}
figure{margin:.5em 0 1em}figcaption{font-size:12px;color:var(--soft);
text-align:right}svg{width:100%;height:auto}
.legend span{margin-right:1.4em;white-space:nowrap}
.legend i{display:inline-block;width:12px;height:12px;margin-right:.4em;
border-radius:2px}
""" + chart.SVG_STYLE + chart.style()


def in_html(text):
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text))


def as_html(title, lead, sections):
    out = ["<!DOCTYPE html><html lang=en><meta charset=utf-8>"
           f"<title>{title}</title><style>{STYLE}</style><h1>{title}</h1>"
           f"<p class=lead>{html.escape(lead)}</p>"]
    for title, words, rows, svg in sections:
        out.append(f"<h2>{html.escape(title)}</h2><p>{in_html(words)}</p>"
                   + svg)
        if rows:
            text = ' class=text' if len(rows[0]) == 2 else ""
            out.append(f"<div class=wide><table{text}>")
            for i, row in enumerate(rows):
                tag = "td" if i else "th"
                out.append("<tr>" + "".join(
                    f"<{tag}>{html.escape(c)}</{tag}>" for c in row))
            out.append("</table></div>")
    return "\n".join(out)


def markdown_table(rows):
    lines = ["| " + " | ".join(rows[0]) + " |",
             "|---" + ("|---" if len(rows[0]) == 2 else
                       "|---:" * (len(rows[0]) - 1)) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows[1:]]


def as_markdown(title, lead, sections):
    out = [f"# {title}", "", lead, ""]
    for title, words, rows, _ in sections:
        out += [f"## {title}", ""] + ([words, ""] if words else [])
        out += markdown_table(rows) + [""] if rows else []
    return "\n".join(out)
