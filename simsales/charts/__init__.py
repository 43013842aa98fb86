"""Figures for a board: each module is one chart; `canvas.save` writes PNG and SVG. No pyplot."""
