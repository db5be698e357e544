"""`TEMPLATE`: a style file with every key, each with a comment; `maskseg style init` writes it."""

from __future__ import annotations

from maskseg_cli.drawing.caption_format import FIELDS, USUAL
from maskseg_cli.drawing.palettes import PALETTES

_FIELDS = "\n".join(f"#   {{{name}}}{' ' * (8 - len(name))}{text}" for name, (_, text) in FIELDS.items())

TEMPLATE = f"""\
# A style for maskseg: maskseg image photo.jpg --style FILE
# Remove the # before a line to use it. What is given on the command line goes before this file.

# Colours: {", ".join(PALETTES)}. Colour-blind people can tell those of okabe-ito and tol apart.
# palette = "okabe-ito"

# A colour for each object ("instance"), or one for each class ("class").
# color_by = "class"

# How much colour covers an object: 0 none, 1 all.
# alpha = 0.5

# What is drawn.
# masks = true
# contours = true
# boxes = true
# captions = true

# What captions say. A word with a field that an object does not have is left out. The fields:
{_FIELDS}
# caption = "{USUAL}"

# A font file, beside this file or of the system, for captions. Without it, characters that OpenCV's own font does
# not have are looked for in the fonts of the system.
# font = "NotoSans-Regular.ttf"

# Height of a line of text, and width of lines, in pixels. Without them both follow the size of the picture.
# text_size = 20
# line_width = 3

# A table for each class that is to be different. Its heading is the network's name of the class, in quotation marks
# where it has spaces.
# [class.person]
# name = "人"                   # in pictures, messages and counts; JSON keeps the network's name
# aliases = ["human", "Mensch"]  # --classes knows them too, and the name
# color = "orange"              # a name, or "#ff8800"
# min_score = 0.3               # objects of a lower score are left out, whatever --min-score says
# show = true                   # false: leave out all objects of the class

# [class."traffic light"]
# color = "#ffd700"
"""
