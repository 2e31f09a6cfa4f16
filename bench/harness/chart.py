# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""Bar charts as inline SVG: groups of bars on a logarithmic scale from 1, and
pairs of stacked bars. Colours are classes, so that a page can be dark."""
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
LABELS, WIDTH, BAR, GAP = 170, 900, 11, 9


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
        self.out = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" '
                    f'aria-label="{html.escape(what)}">']
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

    def made(self, caption):
        return (f'<figure>{"".join(self.out)}</svg>'
                f'<figcaption>{html.escape(caption)}</figcaption></figure>')


def bars(groups, places, caption):
    """`groups`: [(label, {place: value})]; bars begin at 1, and what is below
    1 is a line there, with its number."""
    groups = [(label, {p: values[p] for p in places if values.get(p)})
              for label, values in groups]
    groups = [g for g in groups if g[1]]
    if not groups:
        return ""
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
    return canvas.made(f"{caption}; logarithmic")


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
    return canvas.made(caption)


def _legend(classes):
    return '<p class="legend">' + "".join(
        f'<span><i class="{kind}"></i>{html.escape(name)}</span>'
        for name, kind in classes) + "</p>"


def legend(places):
    return _legend([(p, f"place-{p}") for p in places])


def kind_legend(names):
    return _legend([(n, f"kind-{i}") for i, n in enumerate(names)])
