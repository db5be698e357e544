"""What /openapi.json says, compared with what the service does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from maskseg_cli.service.app import make_app
from maskseg_cli.service.openapi import description
from maskseg_cli.service.options import ServiceOptions
from tests.cli.fake_model import DELAY, blob_predictor
from tests.cli.running import encoded

TOLD = description(ServiceOptions())
SEGMENT = TOLD["paths"]["/v1/segment"]["post"]
PARAMETERS = {one["name"]: one["schema"] for one in SEGMENT["parameters"]}


def client(**options: Any) -> TestClient:
    app = make_app(blob_predictor(), ServiceOptions(**options))
    return TestClient(app, base_url="http://127.0.0.1:8000")


@pytest.fixture(scope="module")
def service() -> Iterator[TestClient]:
    with client() as opened:
        yield opened


def send(service: TestClient, query: dict[str, Any], **options: Any) -> Any:
    options.setdefault("headers", {"Content-Type": "image/jpeg"})
    return service.post("/v1/segment", params=query, content=encoded(), **options)


def test_every_path_is_answered_with_the_type_that_is_told(service: TestClient) -> None:
    for path, methods in TOLD["paths"].items():
        for method, told in methods.items():
            response = send(service, {}) if method == "post" else service.get(path)
            kinds = told["responses"]["200"]["content"]
            assert response.headers["content-type"].partition(";")[0] in kinds, path
            other = service.get(path) if method == "post" else service.post(path)
            assert other.status_code == 405, path
    assert service.get("/openapi.json").json() == json.loads(json.dumps(TOLD))


def test_every_type_of_answer_can_be_had(service: TestClient) -> None:
    kinds = SEGMENT["responses"]["200"]["content"]
    for kind in kinds:
        response = send(service, {}, headers={"Content-Type": "image/jpeg", "Accept": kind})
        assert (response.status_code, response.headers["content-type"]) == (200, kind)
    by_name = {send(service, {"format": name}).headers["content-type"] for name in PARAMETERS["format"]["enum"]}
    assert by_name == set(kinds)


def test_every_type_of_body_is_read(service: TestClient) -> None:
    expected = send(service, {}).json()
    for kind in SEGMENT["requestBody"]["content"]:
        if kind == "multipart/form-data":
            response = service.post("/v1/segment", files={"image": ("a.jpg", encoded())})
        else:
            response = send(service, {}, headers={"Content-Type": kind.replace("*", "jpeg")})
        assert response.json() == expected, kind


def good_and_bad(schema: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Values that a schema allows, and values that it does not."""
    if "enum" in schema:
        return list(schema["enum"]), ["none of them", ""]
    if schema["type"] == "boolean":
        return ["true", "false"], ["maybe", "", "2"]
    if schema["type"] == "string":
        return ["dog", "dog,person"], []
    low, high = schema["minimum"], schema["maximum"]
    return [low, high], [low - 1, high + 1, "many", "", *([1.5] if schema["type"] == "integer" else [])]


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_takes_what_is_told(service: TestClient, name: str) -> None:
    schema = PARAMETERS[name]
    good, bad = good_and_bad(schema)
    assert [send(service, {name: value}).status_code for value in good] == [200] * len(good)
    assert [send(service, {name: value}).status_code for value in bad] == [422] * len(bad)
    if "default" in schema:
        picture = {} if name == "polygons" else {"format": "png"}
        usual, other = (str(value).lower() for value in (schema["default"], not schema["default"]))
        plain = send(service, picture).content
        assert send(service, {**picture, name: usual}).content == plain
        assert send(service, {**picture, name: other}).content != plain


def test_every_error_that_is_told_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DELAY, "0.4")
    bearer = {"Authorization": "Bearer word", "Content-Type": "image/jpeg"}
    with client(token="word", timeout=0.1, max_bytes=5000) as service:

        def post(query: str = "", body: Any = b"no picture", **headers: str) -> Any:
            return service.post(f"/v1/segment?{query}", content=body, headers={**bearer, **headers})

        answers = {
            "400": post(),
            "401": service.post("/v1/segment", content=b"x"),
            "406": post(Accept="text/csv"),
            "413": post(body=b"0" * 5001),
            "415": post(**{"Content-Type": "text/plain"}),
            "422": post("min_score=2"),
            "503": post(body=encoded()),
            "403": post(Authorization="Bearer other"),
        }
        wrong = [post(Authorization="Bearer other") for _ in range(4)]
        answers["429"] = wrong[-1]
        statuses = {code: (answer.status_code, list(answer.json())) for code, answer in answers.items()}
        assert statuses == {code: (int(code), ["error"]) for code in answers}
        assert "Retry-After" in answers["503"].headers
    assert {*SEGMENT["responses"]} == {"200", "408", *answers}  # 408 is tried by tests/service/test_hostile.py


def test_what_needs_the_token_is_told() -> None:
    with client(token="word") as service:
        told = service.get("/openapi.json").json()
        assert told["security"] == [{"token": []}]
        for path, methods in told["paths"].items():
            if "get" not in methods:
                continue
            public = methods["get"].get("security") == []
            response = service.get(path)
            assert response.status_code == (200 if public else 401), path
            kind = response.headers["content-type"].partition(";")[0]
            assert kind in methods["get"]["responses"][str(response.status_code)]["content"]
            rebound = client().get(path, headers={"Host": "evil.example"})
            assert "application/json" in methods["get"]["responses"][str(rebound.status_code)]["content"]
