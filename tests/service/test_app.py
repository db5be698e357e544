"""The service in one process, with the stand-in of the network."""

from __future__ import annotations

import io
import json
import urllib.request
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image
from starlette.testclient import TestClient

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.service import make_app, start_service
from maskseg_cli.service.openapi import ERRORS, description
from maskseg_cli.service.options import ServiceOptions
from maskseg_cli.service.wanted import PARAMETERS
from tests.cli.fake_model import BlobEngine, blob_predictor
from tests.cli.running import encoded
from tests.screen import wait_until

JPEG = {"Content-Type": "image/jpeg"}


def client(**options) -> TestClient:
    return TestClient(make_app(blob_predictor(), ServiceOptions(**options)), base_url="http://127.0.0.1:8000")


@pytest.fixture(scope="module")
def service() -> Iterator[TestClient]:
    with client(max_bytes=100_000, max_pixels=20_000) as opened:
        yield opened


def test_raw_and_form_give_the_same_coco_json(service: TestClient) -> None:
    data = encoded()
    raw = service.post("/v1/segment?name=a.jpg", content=data, headers=JPEG)
    form = service.post("/v1/segment?name=a.jpg", files={"image": ("../../etc/passwd", data)})
    assert raw.status_code == 200
    assert raw.json() == form.json()
    names = {one["id"]: one["name"] for one in raw.json()["categories"]}
    assert [names[one["category_id"]] for one in raw.json()["annotations"]] == ["person", "dog"]
    assert raw.json()["images"] == [{"id": 1, "file_name": "a.jpg", "width": 96, "height": 64}]


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_pictures(service: TestClient, kind: str) -> None:
    by_header = service.post("/v1/segment", content=encoded("PNG"), headers={"Accept": f"image/{kind}"})
    by_query = service.post(f"/v1/segment?format={kind}", content=encoded("PNG"))
    assert by_header.content == by_query.content
    assert Image.open(io.BytesIO(by_header.content)).format == kind.upper()
    assert by_header.content != service.post(f"/v1/segment?format={kind}&masks=0", content=encoded("PNG")).content


def test_cutouts_and_labelme(service: TestClient) -> None:
    archive = service.post("/v1/segment?format=cutouts&classes=dog", content=encoded("PNG"))
    assert zipfile.ZipFile(io.BytesIO(archive.content)).namelist() == ["dog_1.png"]
    label = service.post("/v1/segment?format=labelme&name=../b.jpg", content=encoded("PNG")).json()
    assert [one["label"] for one in label["shapes"]] == ["person", "dog"]
    assert label["imagePath"] == "b.jpg"


def test_scores_and_limits_are_those_of_the_request(service: TestClient) -> None:
    def count(query: str) -> int:
        return len(service.post(f"/v1/segment?{query}", content=encoded()).json()["annotations"])

    assert [count("min_score=0.8"), count("min_score=0.1"), count("max_detections=1"), count("classes=cat")] == [
        1,
        2,
        1,
        0,
    ]


@pytest.mark.parametrize(
    ("code", "query", "body", "kind"),
    [
        (400, "", b"", "image/jpeg"),
        (400, "", b"no picture", "image/jpeg"),
        (400, "", encoded()[:300], "image/jpeg"),
        (400, "", b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (400, "", b"text", "multipart/form-data"),
        (400, "", b"--x\r\nA: b\r\n\r\nc\r\n" * 101, "multipart/form-data; boundary=x"),
        (406, "", encoded(), "image/jpeg"),
        (413, "", b"0" * 100_001, "image/jpeg"),
        (413, "", encoded("PNG", optimize=True), "image/png"),
        (415, "", encoded(), "application/x-www-form-urlencoded"),
        (422, "min_score=2", encoded(), "image/jpeg"),
        (422, "min_score=nan", encoded(), "image/jpeg"),
        (422, "classes=unicorn", encoded(), "image/jpeg"),
        (422, "size=3", encoded(), "image/jpeg"),
        (422, "boxes=perhaps", encoded(), "image/jpeg"),
        (422, "min_score=0.1&min_score=0.2", encoded(), "image/jpeg"),
    ],
)
def test_bad_requests_get_a_sentence(service: TestClient, code: int, query: str, body: bytes, kind: str) -> None:
    if code == 413 and kind == "image/png":  # 250 x 250 pixels in few bytes
        stream = io.BytesIO()
        Image.new("1", (250, 250)).save(stream, "PNG")
        body = stream.getvalue()
    headers = {"Content-Type": kind, "Accept": "text/csv" if code == 406 else "*/*"}
    response = service.post(f"/v1/segment?{query}", content=body, headers=headers)
    assert response.status_code == code
    assert response.json()["error"].endswith(".")


def test_unknown_addresses_and_methods_are_errors_in_json(service: TestClient) -> None:
    for path in ("/../etc/passwd", "/%2e%2e/service.js/..", "/page/index.html"):
        assert service.get(path).status_code == 404
    assert service.get("/v1/segment").status_code == 405
    assert service.get("/healthz").json() == {"status": "ok", "used": 0, "queue": 16}
    assert "person" in service.get("/v1/model").json()["classes"]


def test_the_page_loads_nothing_from_elsewhere(service: TestClient) -> None:
    page = service.get("/")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    for path in ("service.js", "outlines.js", "page.css", "service.css", "icon.svg"):
        assert service.get(f"/{path}").status_code == 200
    assert "http" not in page.text.replace("http-equiv", "")


def test_a_token_is_asked_for() -> None:
    with client(token="secret") as service:
        assert service.get("/healthz").status_code == 200
        assert service.get("/v1/model").status_code == 401
        assert service.get("/v1/model", headers={"Authorization": "Bearer secret"}).status_code == 200
        assert "<form" in service.get("/").text
        assert service.get("/?token=secret", follow_redirects=False).status_code == 303
        assert service.get("/v1/model").status_code == 200  # by the cookie


def test_other_pages_are_refused_unless_they_are_named() -> None:
    foreign = {"Origin": "https://other.example", "Sec-Fetch-Site": "cross-site"}
    with client(cors=("https://good.example",)) as service:
        assert service.post("/v1/segment", content=encoded(), headers=foreign).status_code == 403
        assert service.get("/", headers={"Host": "rebound.example"}).status_code == 403
        named = {**foreign, "Origin": "https://good.example"}
        done = service.post("/v1/segment", content=encoded(), headers=named)
        assert (done.status_code, done.headers["access-control-allow-origin"]) == (200, "https://good.example")
        asked = {**named, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        allowed = service.options("/v1/segment", headers=asked)
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "https://good.example")
        assert service.options("/v1/segment", headers={**asked, **foreign}).status_code == 400


def test_a_full_queue_is_answered_with_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKSEG_TEST_DELAY", "0.6")
    with client(queue=1, timeout=0.2) as service:
        late = service.post("/v1/segment", content=encoded())
        assert (late.status_code, "longer" in late.json()["error"]) == (503, True)
        full = service.post("/v1/segment", content=encoded())  # the first one is still in work
        assert (full.status_code, full.headers["retry-after"]) == (503, "2")


def test_a_connection_is_closed_where_the_body_may_not_come(service: TestClient) -> None:
    expecting = {**JPEG, "Expect": "100-continue"}
    assert service.post("/v1/segment", content=b"", headers=expecting).headers["connection"] == "close"
    assert "connection" not in service.post("/v1/segment", content=b"", headers=JPEG).headers
    assert "connection" not in service.post("/v1/segment", content=encoded(), headers=expecting).headers


def test_the_description_is_complete(service: TestClient) -> None:
    told = service.get("/openapi.json").json()
    assert told == json.loads(json.dumps(description(ServiceOptions())))
    routes = {route.path for route in service.app.routes if not route.path.endswith((".js", ".css", ".svg"))}
    assert set(told["paths"]) == routes
    segment = told["paths"]["/v1/segment"]["post"]
    assert [one["name"] for one in segment["parameters"]] == [name for name in PARAMETERS if name != "token"]
    assert set(segment["responses"]) == {"200", *ERRORS}


def test_the_network_finds_no_more_than_is_asked_for() -> None:
    predictor = blob_predictor()
    seen = []
    run = BlobEngine.run

    def watched(engine, *arguments):
        seen.append(engine.config.detection_min_confidence)
        return run(engine, *arguments)

    with pytest.MonkeyPatch.context() as patch, TestClient(make_app(predictor), base_url="http://127.0.0.1") as service:
        patch.setattr(BlobEngine, "run", watched)
        for query in ("", "min_score=0.3", "min_score=0", ""):
            assert service.post(f"/v1/segment?{query}", content=encoded()).status_code == 200
        assert service.get("/v1/model").json()["lowest_score"] == 0.1
    assert seen == [0.5, 0.3, 0.1, 0.5]
    assert predictor.config.detection_min_confidence == 0.5


def test_the_service_in_a_block_of_python() -> None:
    given = {"Content-Type": "image/jpeg", "Authorization": "Bearer secret"}
    with start_service("127.0.0.1:0", model=blob_predictor(), token="secret") as service:
        assert service.url == f"http://127.0.0.1:{service.port}/?token=secret"
        request = urllib.request.Request(f"http://127.0.0.1:{service.port}/v1/segment", encoded(), given)
        with urllib.request.urlopen(request, timeout=10) as response:
            assert len(json.load(response)["annotations"]) == 2
        with pytest.raises(MasksegError, match="is taken by another program"):
            start_service(service.port, model=blob_predictor())
        assert service.running
    assert not service.running
    with pytest.raises(UsageError, match="colour"):
        start_service(0, model=blob_predictor(), colour="red")


def test_a_stop_waits_for_requests_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKSEG_TEST_DELAY", "0.8")
    with ThreadPoolExecutor(1) as client, start_service(0, model=blob_predictor()) as service:
        request = urllib.request.Request(f"{service.url}v1/segment", encoded(), JPEG)
        answer = client.submit(lambda: urllib.request.urlopen(request, timeout=10).status)
        wait_until(lambda: json.load(urllib.request.urlopen(f"{service.url}healthz"))["used"] == 1)
        service.close()
        assert answer.result(10) == 200
