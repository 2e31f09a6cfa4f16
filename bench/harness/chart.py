# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""A bar chart as inline SVG: groups of bars on a logarithmic scale from 1."""
import html
import math

COLOURS = {"pv": "#1f6feb", "pv-dom0": "#7fb2ff", "xen-pv": "#d1572a",
           "xen-dom0": "#f0a68a", "hvm": "#2c8c5a", "hvm-emulated": "#93cfae",
           "emulated": "#8a8f98", "keel-pv": "#7a4fd0", "keel-xen": "#c3aef0"}
LABELS, WIDTH, BAR, GAP = 170, 900, 9, 8


def bars(groups, places, unit):
    """`groups`: [(label, {place: value})]; bars begin at 1."""
    top = max([v for _, values in groups for p, v in values.items()
               if p in places] + [2])
    scale = (WIDTH - LABELS - 70) / math.log(top * 1.1)

    def x(value):
        return LABELS + max(math.log(max(value, 1)) * scale, 1)

    height = 30 + sum(len(places) * BAR + GAP for _ in groups)
    out = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" '
           f'aria-label="{html.escape(unit)}">']
    ticks = [t for t in (1, 1.5, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
             if t <= top * 1.1]
    for t in ticks:
        out.append(f'<line x1="{x(t):.1f}" x2="{x(t):.1f}" y1="18" '
                   f'y2="{height - 6}" class="grid"/>'
                   f'<text x="{x(t):.1f}" y="12" class="tick">{t:g}</text>')
    y = 24
    for label, values in groups:
        middle = y + len(places) * BAR / 2 + 4
        out.append(f'<text x="{LABELS - 10}" y="{middle:.1f}" class="label">'
                   f'{html.escape(label)}</text>')
        for place in places:
            value = values.get(place)
            if value:
                out.append(
                    f'<rect x="{LABELS}" y="{y}" height="{BAR - 1}" '
                    f'width="{x(value) - LABELS:.1f}" '
                    f'fill="{COLOURS.get(place, "#888")}"><title>'
                    f'{html.escape(label)}, {place}: {value:.2f}</title>'
                    f'</rect><text x="{x(value) + 4:.1f}" '
                    f'y="{y + BAR - 2}" class="value">{value:.2f}</text>')
            y += BAR
        y += GAP
    return "".join(out) + "</svg>"


def legend(places):
    return '<p class="legend">' + "".join(
        f'<span><i style="background:{COLOURS.get(p, "#888")}"></i>{p}</span>'
        for p in places) + "</p>"
