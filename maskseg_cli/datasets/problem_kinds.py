"""The kinds of problems of a data set, with their wording."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """What a kind of problem means.

    Attributes:
        many: follows the number of records that have it, and says what the lenient reader does about them.
        one: follows the name of one such record, for the reader that refuses it; "{}" is the offending value. Empty:
            such records are accepted by that reader, too.
        harmless: nothing is wrong: it is said, and `refuse` passes it over.
    """

    many: str
    one: str = ""
    harmless: bool = False

    @property
    def what(self) -> str:
        """What is wrong: `many` without the consequence.

        Example:
            >>> KINDS["missing-image"].what, KINDS["missing-image"].consequence
            ('image files that are not there', 'left out')
        """
        return self.many.partition(" (")[0]

    @property
    def consequence(self) -> str:
        """What the lenient reader does about such a record; "only reported" where it does nothing."""
        return self.many.partition(" (")[2].rpartition(")")[0] or "only reported"


KINDS = {
    "missing-image": Kind("image files that are not there (left out)"),
    "unreadable-image": Kind("image files that are no picture, damaged or cut off (left out)"),
    "broken-pixels": Kind("image files whose pixels cannot be read (training stops at them)"),
    "image-size": Kind("images of another size than their record says (left out)", "is of another size"),
    "image-folder": Kind("file names whose folder is not there (the picture of that name in IMAGES taken)"),
    "image-case": Kind("file names that differ from the file's in upper and lower case (the file taken)"),
    "image-without-size": Kind(
        "images without a width and height (left out)",
        "has no width and height{}: name the folder of the pictures, whose sizes are taken",
    ),
    "image-record": Kind("image records without an id or a file name (left out)", "has no {}"),
    "duplicate-image-id": Kind("images whose id another image has (left out)", "has the id {}, as another image has"),
    "repeated-image": Kind("images that are in the file more than once (counted once)"),
    "same-photo": Kind("image records of a file that another one has (taken for one image with the objects of both)"),
    "other-size-of-photo": Kind(
        "image records of a file that another one has with another size (left out)",
        "has the file of another image, with another size ({})",
    ),
    "group-category": Kind("categories that group others and have no objects (no classes)", harmless=True),
    "similar-categories": Kind(
        "pairs of categories whose names differ in case or in Unicode's forms alone (one class)"
    ),
    "category-letters": Kind("names of categories with line breaks or other signs that no name has (left out of it)"),
    "one-class": Kind("pairs of categories that are one class to the network (counted as one)"),
    "duplicate-annotation-id": Kind("annotations whose id another one has (kept)"),
    "repeated-annotation": Kind("annotations that are in the file more than once, whatever their id (counted once)"),
    "image_id": Kind("records with the file name of an image in place of its id (read so)"),
    "category_id": Kind("records with the name of a category in place of its id (read so)"),
    "unknown-image": Kind("annotations of an image that is not in the file (left out)", "{}"),
    "unknown-category": Kind("annotations of a category that is not in the file (left out)", "{}"),
    "crowd": Kind(
        "annotations whose iscrowd or ignore is neither 0 nor 1 (left out)", "has {}, which is neither 0 nor 1"
    ),
    "unknown-class": Kind("annotations of a class that the network does not have (left out)"),
    "background": Kind("annotations of the background, which is no class (left out)"),
    "unnamed": Kind("regions without an attribute that names a class (all of the class object)", harmless=True),
    "no-class": Kind("regions without a class (left out)", "has a region without a class"),
    "two-classes": Kind("regions with more than one class ticked (the first of them taken)"),
    "via-entry": Kind(
        "entries that are no picture of VIA (left out)", "is no picture of VIA, with filename and regions"
    ),
    "via3-record": Kind(
        "regions of VIA 3 that are broken or belong to no file (left out)", "is no region of a file, with vid and xy"
    ),
    "several-pictures": Kind("regions of VIA 3 in a view of several pictures (left out)"),
    "video-region": Kind("regions in a video or sound, which are in no picture (left out)"),
    "labelme-line": Kind("shapes that are points or lines, which have no area (left out)"),
    "shape-kind": Kind("shapes that are no outlines: points, lines, cuboids, skeletons and others (left out)"),
    "annotation-file": Kind("annotation files of single pictures that cannot be read (left out)", "cannot be read: {}"),
    "video-file": Kind("annotation files of videos (left out)", "is of a video: export its frames as pictures"),
    "mask-file": Kind("pictures of masks that are broken or of another size (left out)", "cannot be used: {}"),
    "mask-empty": Kind("pictures of one object without a pixel of it (left out)"),
    "mask-without-photo": Kind("pictures of masks without a photo of their name (left out)"),
    "mask-without-class": Kind(
        "objects in pictures of masks whose class nothing names (of the class object)", harmless=True
    ),
    "object-without-mask": Kind("objects of XML files without a pixel in the picture of masks (their boxes taken)"),
    "frame-number": Kind("shapes of tracks without the number of a frame (left out)", "has the frame {}"),
    "track-moved": Kind(
        "boxes and ellipses between two key frames of a track (moved evenly from one to the other)", harmless=True
    ),
    "track-held": Kind("outlines between two key frames of a track (that of the key frame before taken)"),
    "yolo-line": Kind("lines of label files that are no object of YOLO (left out)", "is no object of YOLO: {}"),
    "yolo-class": Kind("objects whose class number has no name (left out)", "has the class {}, which has no name"),
    "label-file": Kind("label files that cannot be read or are too large (taken as empty)", "cannot be read"),
    "point": Kind("regions that are points, which have no area (left out)"),
    "outline": Kind(
        "outlines with less than three points, without area, or broken (the box taken; left out without one)",
        "has an outline that is no polygon or RLE of its image: correct it, or leave it out",
    ),
    "outline-empty": Kind("outlines with less than three points or without area (the box taken)"),
    "outline-part": Kind("objects of which one of several polygons is broken (that polygon left out)"),
    "outline-number": Kind(
        "outlines with a number that is none or far outside the picture (what is sound or the box taken)",
        "has an outline with {}: correct it, or leave it out",
    ),
    "outline-item": Kind(
        "outlines with something among their polygons that is none (what is sound or the box taken)",
        "has an outline with {} among its polygons: correct it, or leave it out",
    ),
    "outline-long": Kind(
        "outlines too long to be drawn (the box taken)", "has an outline too long to be drawn: it needs fewer points"
    ),
    "outline-size": Kind(
        "outlines of another size than their image (the box taken; left out without one)",
        "has an outline of another size than its image: {}",
    ),
    "outline-length": Kind(
        "run lengths that do not add up to their image (the box taken; left out without one)",
        "has run lengths that do not add up to its image ({}): correct it, or leave it out",
    ),
    "outline-shares": Kind("outlines with coordinates from 0 to 1 (multiplied by the picture's size)"),
    "box-shares": Kind("boxes with coordinates from 0 to 1 (multiplied by the picture's size)"),
    "outline-corner": Kind("outlines within the first pixel of their picture (kept; are they from 0 to 1?)"),
    "box-corner": Kind("boxes within the first pixel of their picture (kept; are they from 0 to 1?)"),
    "box-corners": Kind("boxes as x1 y1 x2 y2 (read so; COCO's are x, y, width, height)"),
    "percent": Kind("objects with coordinates from 0 to 100 in larger pictures (kept; are they percent?)"),
    "box-far": Kind("boxes that reach far over the edge of their picture (kept; are they x1 y1 x2 y2?)"),
    "box-elsewhere": Kind("boxes that do not fit their outlines (kept; are they x, y, width, height?)"),
    "object-empty": Kind("objects without an outline of three points and without a box of any size (left out)"),
    "box": Kind(
        "objects without an outline whose box is missing or broken (left out)",
        "has no outline and no bbox of four numbers in pixels, x, y, width, height, but {}",
    ),
    "box-broken": Kind(
        "boxes that are broken (the outline's taken)",
        "has no bbox of four numbers in pixels, x, y, width, height, but {}",
    ),
    "box-outside": Kind("objects outside their image (left out)"),
    "box-over-edge": Kind("boxes that reach over the edge of their image (cut off there)"),
    "box-differs": Kind("boxes that do not fit their outline (the outline's taken)"),
    "area": Kind("areas that are no number, below 0 or above all pictures (measured anew)"),
    "score-range": Kind("scores that are not from 0 to 1 (kept; but VOC mAP50 counts those from 0.7)"),
    "no-hit": Kind("results of which none fits an object"),
    "weight": Kind("scores that are no number from 0 to 1 (counted as 1)"),
    "no-objects": Kind("no object at all is annotated"),
}

#: Kinds of which each record is a picture that is not used: a command that goes on without them ends with exit code 1.
LEFT_OUT = (
    "missing-image",
    "unreadable-image",
    "image-size",
    "image-without-size",
    "image-record",
    "duplicate-image-id",
)
