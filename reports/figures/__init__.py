"""The pictures, all in one style: drawn by matplotlib as SVG, the same bytes for the same numbers.

One file for each kind. `chart` is what they have in common, `style` their colours and letters.
"""
