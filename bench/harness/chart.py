# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""Bar charts as SVG, inline or as a file: groups of bars on a logarithmic scale
from 1, and pairs of stacked bars. Colours are classes, so that a page can be
dark."""
import html
import math

# Each place's colour on a light and on a dark page.
COLOURS = {"pv": ("#1f6feb", "#4c8dff"), "xen-pv": ("#d1572a", "#e8764b"),
           "hvm": ("#2c8c5a", "#45b57b"),
           "hvm-emulated": ("#93cfae", "#2f7050")}
# Kinds of entries, in the order in which they are stacked.
KIND_COLOURS = [("#1f6feb", "#4c8dff"), ("#7fb2ff", "#9cc3ff"),
                ("#d1572a", "#e8764b"), ("#2c8c5a", "#45b57b"),
                ("#93cfae", "#2f7050"), ("#c79a1b", "#dcb545"),
                ("#7a4fd0", "#9d7be8"), ("#8a8f98", "#6f7680")]
LABELS, WIDTH, BAR, GAP = 190, 900, 11, 9
LEGEND = 24         # below a chart that stands alone

# What the page gives an inline chart, for one that is a file.
ALONE = """svg{--text:#1c2024;--soft:#59636e;--line:#d8dde3;
font-family:system-ui,sans-serif}
@media(prefers-color-scheme:dark){svg{--text:#e3e6ea;--soft:#9aa4af;
--line:#363d45}}
"""
SVG_STYLE = """svg .grid{stroke:var(--line)}svg text{fill:var(--text)}
svg .tick{font-size:10px;fill:var(--soft);text-anchor:middle}
svg .label{font-size:11px;text-anchor:end;font-family:ui-monospace,monospace}
svg .value{font-size:9px;fill:var(--soft)}
"""


def style():
    """Rules for the classes; the dark ones behind a media query."""
    names = [(f"place-{p}", c) for p, c in COLOURS.items()]
    names += [(f"kind-{i}", c) for i, c in enumerate(KIND_COLOURS)]

    def rules(which):
        return "".join(f".{n}{{fill:{c[which]};background:{c[which]}}}"
                       for n, c in names)

    return rules(0) + f"@media(prefers-color-scheme:dark){{{rules(1)}}}"


class Canvas:
    """Lines of SVG below a row of ticks."""

    def __init__(self, height, what, ticks):
        self.height, self.what, self.out = height, what, []
        for x, text in ticks:
            self.out.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="18" y2="{height - 6}" '
                f'class="grid"/><text x="{x:.1f}" y="12" class="tick">{text}'
                '</text>')

    def text(self, x, y, kind, text):
        self.out.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">'
                        f'{html.escape(text)}</text>')

    def bar(self, x, y, width, kind, title):
        self.out.append(f'<rect x="{x:.1f}" y="{y}" height="{BAR - 1}" '
                        f'width="{max(width, 1):.1f}" class="{kind}"><title>'
                        f'{html.escape(title)}</title></rect>')

    def _svg(self, more="", height=0):
        return (f'<svg {more}viewBox="0 0 {WIDTH} {self.height + height}" '
                f'role="img" aria-label="{html.escape(self.what)}">'
                f'{"".join(self.out)}</svg>')

    def inline(self, caption):
        return (f'<figure>{self._svg()}<figcaption>{html.escape(caption)}'
                '</figcaption></figure>')

    def alone(self, names):
        """A file, with what its colours mean below: {place: name}."""
        x, y = LABELS, self.height + LEGEND - 12
        for place, name in names.items():
            self.bar(x, y, BAR, f"place-{place}", name)
            self.text(x + BAR + 5, y + BAR - 2, "name", name)
            x += 7 * len(name) + 40
        self.out.insert(0, f"<style>{ALONE}{SVG_STYLE}svg .name"
                           f"{{font-size:11px}}{style()}</style>")
        return self._svg('xmlns="http://www.w3.org/2000/svg" ',
                         LEGEND) + "\n"


def bars(groups, places, caption):
    """`groups`: [(label, {place: value})]; bars begin at 1, and what is below
    1 is a line there, with its number. A Canvas, or None if all is empty."""
    groups = [(label, {p: values[p] for p in places if values.get(p)})
              for label, values in groups]
    groups = [g for g in groups if g[1]]
    if not groups:
        return None
    top = max([v for _, values in groups for v in values.values()] + [2])
    scale = (WIDTH - LABELS - 60) / math.log(top * 1.1)

    def x(value):
        return LABELS + math.log(max(value, 1)) * scale

    ticks = [t for t in (1, 1.5, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
             if t <= top * 1.1]
    canvas = Canvas(30 + sum(len(v) * BAR + GAP for _, v in groups), caption,
                    [(x(t), f"{t:g}") for t in ticks])
    y = 24
    for label, values in groups:
        canvas.text(LABELS - 10, y + len(values) * BAR / 2 + 4, "label", label)
        for place, value in values.items():
            canvas.bar(LABELS, y, x(value) - LABELS, f"place-{place}",
                       f"{label}, {place}: {value:.2f}")
            canvas.text(x(value) + 5, y + BAR - 2, "value", f"{value:.2f}")
            y += BAR
        y += GAP
    return canvas


def stacks(groups, caption):
    """`groups`: [(label, [(who, [parts of 1])])]: one bar above the other."""
    scale = WIDTH - LABELS - 60
    canvas = Canvas(30 + sum(len(p) * BAR + GAP for _, p in groups), caption,
                    [(LABELS + t * scale, f"{t:g}")
                     for t in (0, 0.25, 0.5, 0.75, 1)])
    y = 24
    for label, pair in groups:
        canvas.text(LABELS - 10, y + len(pair) * BAR / 2 + 4, "label", label)
        for who, parts in pair:
            at = LABELS
            for i, part in enumerate(parts):
                if part > 0.001:
                    canvas.bar(at, y, part * scale, f"kind-{i}",
                               f"{label}, {who}: {part:.3f}")
                    at += part * scale
            canvas.text(at + 5, y + BAR - 2, "value",
                        f"{who} {sum(parts):.2f}")
            y += BAR
        y += GAP
    return canvas.inline(caption)


def _legend(classes):
    return '<p class="legend">' + "".join(
        f'<span><i class="{kind}"></i>{html.escape(name)}</span>'
        for name, kind in classes) + "</p>"


def legend(places):
    return _legend([(p, f"place-{p}") for p in places])


def bars_inline(groups, places, caption):
    canvas = bars(groups, places, caption)
    return legend(places) + (canvas.inline(f"{caption}; logarithmic")
                             if canvas else "")


def kind_legend(names):
    return _legend([(n, f"kind-{i}") for i, n in enumerate(names)])
