"""The OpenAPI 3.1 description of the service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from maskseg_cli import __version__
from maskseg_cli.drawing.drawing_options import COLOR_BY
from maskseg_cli.drawing.palettes import PALETTES
from maskseg_cli.service.options import ServiceOptions
from maskseg_cli.service.page_files import PUBLIC
from maskseg_cli.service.wanted import FORMATS

_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_ERROR = {"schema": {"$ref": "#/components/schemas/Error"}}
_SWITCH = {"type": "boolean", "default": True}

#: Parameter of the query -> its schema and description.
_PARAMETERS: dict[str, tuple[dict[str, Any], str]] = {
    "format": ({"type": "string", "enum": list(FORMATS)}, "Format of the answer, in place of the header Accept."),
    "min_score": (_SHARE, "Objects of lower scores are left out."),
    "classes": ({"type": "string"}, "Only these classes: person,dog."),
    "max_detections": ({"type": "integer", "minimum": 1, "maximum": 10000}, "At most so many objects."),
    "polygons": ({"type": "boolean", "default": False}, "COCO JSON with polygons in place of RLE."),
    "masks": (_SWITCH, "Fill objects with colour."),
    "contours": (_SWITCH, "Draw outlines."),
    "boxes": (_SWITCH, "Draw boxes."),
    "captions": (_SWITCH, "Write names and scores."),
    "alpha": (_SHARE, "How much colour covers an object."),
    "color_by": ({"type": "string", "enum": list(COLOR_BY)}, "A colour for each object or for each class."),
    "palette": ({"type": "string", "enum": list(PALETTES)}, "Colours of the objects."),
    "quality": ({"type": "integer", "minimum": 1, "maximum": 100}, "Quality of JPEG and WebP."),
    "name": ({"type": "string"}, "What the answer calls the picture."),
}

#: Status code of an error -> when it is answered.
ERRORS = {
    "400": "No picture, a damaged one, or a broken form.",
    "401": "A token is needed.",
    "403": "A wrong token, or a request from another page.",
    "406": "No format of Accept is known.",
    "408": "The request came in too slowly.",
    "413": "Too many bytes or pixels.",
    "415": "The body is neither a picture nor multipart/form-data.",
    "422": "A wrong parameter.",
    "429": "Wrong tokens come too fast.",
    "503": "The queue is full, or the answer takes too long: try again after Retry-After seconds.",
}


#: Errors of every request that needs the token.
_ACCESS = ("401", "403", "429")


def description(options: ServiceOptions) -> dict[str, Any]:
    """The description, as JSON values."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    form = {
        "schema": {
            "type": "object",
            "required": ["image"],
            "properties": {"image": {"type": "string", "format": "binary"}},
        }
    }
    answers = {kind: {"schema": {"type": "object"}} if "json" in kind else binary for kind in FORMATS.values()}
    segment = {
        "summary": "Find the objects in a picture.",
        "parameters": [
            {"name": name, "in": "query", "schema": schema, "description": text}
            for name, (schema, text) in _PARAMETERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"image/*": binary, "application/octet-stream": binary, "multipart/form-data": form},
        },
        "responses": {"200": {"description": "The objects.", "content": answers}, **_errors(ERRORS)},
    }
    gets = {
        "/v1/model": ("The network, its classes and the limits.", "application/json"),
        "/healthz": ("Whether the service answers, and how full its queue is.", "application/json"),
        "/openapi.json": ("This description.", "application/json"),
        "/": ("The page; without the token a form that asks for it.", "text/html"),
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "maskseg", "version": __version__},
        "paths": {
            "/v1/segment": {"post": segment},
            **{path: {"get": _get(summary, kind, path in PUBLIC)} for path, (summary, kind) in gets.items()},
        },
        "components": {
            "schemas": {
                "Error": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        **({"security": [{"token": []}]} if options.token is not None else {}),
    }


def _get(summary: str, kind: str, public: bool) -> dict[str, Any]:
    found = {"200": {"description": summary, "content": {kind: {}}}}
    if public:
        return {"summary": summary, "responses": {**found, **_errors(["403"])}, "security": []}
    if kind == "text/html":
        refused = {code: {"description": ERRORS[code], "content": {kind: {}}} for code in ("401", "429")}
        either = {"description": ERRORS["403"], "content": {kind: {}, "application/json": _ERROR}}
        return {"summary": summary, "responses": {**found, **refused, "403": either}}
    return {"summary": summary, "responses": {**found, **_errors(_ACCESS)}}


def _errors(codes: Iterable[str]) -> dict[str, Any]:
    return {code: {"description": ERRORS[code], "content": {"application/json": _ERROR}} for code in codes}
