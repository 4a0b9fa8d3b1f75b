"""GitHub and GitLab as far as dsac talks to them: threads, pages, limits, artifacts."""

import io
import itertools
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

GITHUB_LONGEST = 65_536
GITLAB_LONGEST = 1_000_000


@dataclass
class Text:
    """A comment, note or issue."""

    number: int
    place: str
    user: str
    body: str
    title: str = ""
    open: bool = True


@dataclass(frozen=True)
class Canned:
    """An answer that is given in place of the true one; or after the work is done."""

    status: int
    body: str = "{}"
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Put an app on a port; give its URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    often = {"poll_interval": 0.01}
    thread = threading.Thread(target=server.serve_forever, kwargs=often)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@dataclass
class Host:
    """What both hosts share: users by their tokens, texts, and what goes wrong.

    `readers` are the tokens that may not write. `canned` gives answers by the line of a
    request, as often as there are some. `before` is called with each line.
    """

    users: dict[str, str]
    readers: set[str] = field(default_factory=set)
    texts: list[Text] = field(default_factory=list)
    canned: dict[str, list[Canned]] = field(default_factory=dict)
    before: Callable[[str], None] = lambda _: None
    log: list[str] = field(default_factory=list)
    merged: dict[str, dict[str, Any]] = field(default_factory=dict)
    archives: dict[int, dict[str, Any]] = field(default_factory=dict)
    most_per_page: int = 100

    def __post_init__(self) -> None:
        """Begin to count, and let one request at a time change anything."""
        self.numbers = itertools.count(101)
        self.lock = threading.Lock()
        self.app = Flask(__name__)
        self.app.before_request(self._check)
        self.app.after_request(self._lose)

    @property
    def line(self) -> str:
        """The line of the request that is answered."""
        return f"{request.method} {request.path}"

    @property
    def user(self) -> str:
        """The user of the request's token."""
        return self.users.get(self._token(), "")

    def _token(self) -> str:
        return request.headers.get("Authorization", "").removeprefix("Bearer ")

    def _check(self) -> Response | None:
        self.log.append(self.line)
        self.before(self.line)
        if not self.user:
            return self.error(401, "Bad credentials")
        answers = self.canned.get(self.line, [])
        if answers and not answers[0].lost:
            return self._canned(answers.pop(0))
        reading = request.method == "GET" or request.path.endswith("graphql")
        if not reading and self._token() in self.readers:
            return self.error(403, "Resource not accessible by integration")
        return None

    def _lose(self, response: Response) -> Response:
        answers = self.canned.get(self.line, [])
        if answers and answers[0].lost:
            return self._canned(answers.pop(0))
        return response

    def _canned(self, answer: Canned) -> Response:
        return Response(
            answer.body, answer.status, answer.headers, mimetype="application/json"
        )

    def error(self, status: int, message: str) -> Response:
        """Answer with an error."""
        response = jsonify({"message": message, "documentation_url": "https://docs"})
        response.status_code = status
        return response

    def page(self, rows: list[Any], wrap: str = "") -> Response:
        """Answer with one page of a list, and a link to the next one."""
        size = min(int(request.args.get("per_page", 30)), self.most_per_page)
        number = int(request.args.get("page", 1))
        some = rows[(number - 1) * size : number * size]
        response = jsonify({wrap: some} if wrap else some)
        if number * size < len(rows):
            asked = {**request.args, "page": str(number + 1)}
            query = "&".join(f"{key}={value}" for key, value in asked.items())
            link = f'<{request.base_url}?{query}>; rel="next", <{request.base_url}>'
            response.headers["Link"] = f'{link}; rel="first"'
        return response

    def post(self, place: str, body: str, title: str = "", *, user: str = "") -> Text:
        """Keep a text of a user, or of the one who asks."""
        with self.lock:
            number = next(self.numbers)
            text = Text(number, place, user or self.user, body, title)
            self.texts.append(text)
            return text

    def at(self, place: str) -> list[Text]:
        """Give the texts of a place, oldest first."""
        return [text for text in self.texts if text.place == place]

    def find(self, number: int) -> Text | None:
        """Give the text of a number."""
        return next((text for text in self.texts if text.number == number), None)

    def remove(self, number: int) -> bool:
        """Delete a text; tell whether it was there."""
        with self.lock:
            found = self.find(number)
            if found is not None:
                self.texts.remove(found)
            return found is not None

    def zipped(self, number: int) -> Response:
        """Answer with an archive."""
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            for name, content in self.archives[number]["files"].items():
                archive.writestr(name, content)
        return Response(data.getvalue(), mimetype="application/zip")


class FakeGitHub(Host):
    """GitHub's REST API, with the repository acme/data, and GraphQL's viewer."""

    def __post_init__(self) -> None:
        """Lay the routes."""
        super().__post_init__()
        home = "/repos/acme/data"
        for rule, methods, view in (
            ("/graphql", ["POST"], self.viewer),
            (f"{home}/issues/<int:number>/comments", ["GET", "POST"], self.comments),
            (f"{home}/issues/comments/<int:number>", ["PATCH", "DELETE"], self.comment),
            (f"{home}/issues", ["GET", "POST"], self.issues),
            (f"{home}/issues/<int:number>", ["PATCH"], self.issue),
            (f"{home}/commits/<sha>/pulls", ["GET"], self.pulls),
            (f"{home}/actions/artifacts", ["GET"], self.artifacts),
            (f"{home}/actions/artifacts/<int:number>/zip", ["GET"], self.zipped),
        ):
            self.app.add_url_rule(rule, view.__name__, view, methods=methods)
        self.app.register_error_handler(404, lambda _: self.error(404, "Not Found"))

    def viewer(self) -> Response:
        """Say whose token it is."""
        return jsonify({"data": {"viewer": {"login": self.user}}})

    def comments(self, number: int) -> Response:
        """List or post the comments of a pull request."""
        place = f"pull/{number}"
        if request.method == "GET":
            return self.page([self._comment(item) for item in self.at(place)])
        body = request.get_json()["body"]
        if len(body) > GITHUB_LONGEST:
            return self.error(422, "Body is too long (maximum is 65536 characters)")
        response = jsonify(self._comment(self.post(place, body)))
        response.status_code = 201
        return response

    def _comment(self, text: Text) -> dict[str, Any]:
        return {"id": text.number, "body": text.body, "user": {"login": text.user}}

    def comment(self, number: int) -> Response:
        """Change or delete a comment."""
        text = self.find(number)
        if text is None:
            return self.error(404, "Not Found")
        if request.method == "DELETE":
            gone = self.remove(number)
            return Response(status=204) if gone else self.error(404, "Not Found")
        text.body = request.get_json()["body"]
        return jsonify(self._comment(text))

    def issues(self) -> Response:
        """List or open issues; pull requests are among them."""
        if request.method == "GET":
            pull = {
                "number": 7,
                "body": None,
                "user": None,
                "pull_request": {"url": ""},
            }
            rows = [self._issue(item) for item in self.at("issues") if item.open]
            return self.page([pull, *rows])
        told = request.get_json()
        text = self.post("issues", told["body"], told["title"])
        response = jsonify(self._issue(text))
        response.status_code = 201
        return response

    def _issue(self, text: Text) -> dict[str, Any]:
        user = {"login": text.user}
        return {"number": text.number, "body": text.body, "user": user}

    def issue(self, number: int) -> Response:
        """Change or close an issue."""
        text = self.find(number)
        assert text is not None
        told = request.get_json()
        text.body = told.get("body", text.body)
        text.title = told.get("title", text.title)
        text.open = told.get("state", "open") == "open"
        return jsonify(self._issue(text))

    def pulls(self, sha: str) -> Response:
        """List the pull requests that brought a commit."""
        found = self.merged.get(sha)
        return self.page([] if found is None else [found])

    def artifacts(self) -> Response:
        """List the artifacts of a name."""
        rows = [
            {"id": number, **{key: item[key] for key in item if key != "files"}}
            for number, item in self.archives.items()
            if item["name"] == request.args["name"]
        ]
        return self.page(rows, wrap="artifacts")


class FakeGitLab(Host):
    """GitLab's REST API, with the project 42."""

    def __post_init__(self) -> None:
        """Lay the routes."""
        super().__post_init__()
        home = "/api/v4/projects/42"
        notes = f"{home}/merge_requests/<int:iid>/notes"
        for rule, methods, view in (
            ("/api/v4/user", ["GET"], self.viewer),
            (notes, ["GET", "POST"], self.notes),
            (f"{notes}/<int:number>", ["PUT", "DELETE"], self.note),
            (f"{home}/issues", ["GET", "POST"], self.issues),
            (f"{home}/issues/<int:number>", ["PUT"], self.issue),
            (
                f"{home}/repository/commits/<sha>/merge_requests",
                ["GET"],
                self.requests,
            ),
            (f"{home}/merge_requests/<int:iid>/pipelines", ["GET"], self.pipelines),
            (f"{home}/pipelines/<int:number>/jobs", ["GET"], self.jobs),
            (f"{home}/jobs/<int:number>/artifacts", ["GET"], self.zipped),
        ):
            self.app.add_url_rule(rule, view.__name__, view, methods=methods)
        self.app.register_error_handler(404, lambda _: self.error(404, "404 Not found"))

    def _id(self, user: str) -> int:
        return sum(user.encode())

    def viewer(self) -> Response:
        """Say whose token it is."""
        return jsonify({"id": self._id(self.user), "username": self.user})

    def notes(self, iid: int) -> Response:
        """List or post the notes of a merge request."""
        place = f"merge/{iid}"
        if request.method == "GET":
            said = {"id": 1, "body": "merged", "author": None, "system": True}
            return self.page([said, *map(self._note, self.at(place))])
        body = request.get_json()["body"]
        if len(body) > GITLAB_LONGEST:
            return self.error(400, "note is too long (maximum is 1000000 characters)")
        response = jsonify(self._note(self.post(place, body)))
        response.status_code = 201
        return response

    def _note(self, text: Text) -> dict[str, Any]:
        author = {"id": self._id(text.user)}
        return {
            "id": text.number,
            "body": text.body,
            "author": author,
            "system": False,
        }

    def note(self, iid: int, number: int) -> Response:
        """Change or delete a note."""
        text = self.find(number)
        if text is None or text.place != f"merge/{iid}":
            return self.error(404, "404 Not found")
        if request.method == "DELETE":
            self.remove(number)
            return Response(status=204)
        text.body = request.get_json()["body"]
        return jsonify(self._note(text))

    def issues(self) -> Response:
        """List or open issues."""
        if request.method == "GET":
            found = [
                item
                for item in self.at("issues")
                if item.open and item.user == self.user
            ]
            return self.page([self._issue(item) for item in found])
        told = request.get_json()
        text = self.post("issues", told["description"], told["title"])
        response = jsonify(self._issue(text))
        response.status_code = 201
        return response

    def _issue(self, text: Text) -> dict[str, Any]:
        author = {"id": self._id(text.user)}
        return {"iid": text.number, "description": text.body, "author": author}

    def issue(self, number: int) -> Response:
        """Change or close an issue."""
        text = self.find(number)
        assert text is not None
        told = request.get_json()
        text.body = told.get("description", text.body)
        text.title = told.get("title", text.title)
        text.open = told.get("state_event") != "close"
        return jsonify(self._issue(text))

    def requests(self, sha: str) -> Response:
        """List the merge requests that brought a commit."""
        found = self.merged.get(sha)
        return self.page([] if found is None else [found])

    def pipelines(self, iid: int) -> Response:
        """List the pipelines of a merge request, one for each archive."""
        ours = [item for item in self.archives.values() if item.get("iid", iid) == iid]
        found = sorted({item["pipeline"] for item in ours})
        return self.page([{"id": number} for number in found])

    def jobs(self, number: int) -> Response:
        """List the jobs of a pipeline."""
        rows = [
            {"id": key, "name": item["name"], "artifacts_file": item.get("file", {})}
            for key, item in self.archives.items()
            if item["pipeline"] == number
        ]
        return self.page(rows)
