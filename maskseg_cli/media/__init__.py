"""Files of pictures: finding, reading, writing and planning them; and windows that show pictures."""
