"""Effects that change a picture by the masks of its objects: one file an effect. See `building.make_effect`."""
