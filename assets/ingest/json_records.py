"""JSON as rows: arrays, API pages and newline-delimited records, with nested values reached by a path."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, Any

Record = dict[str, Any]

_CHUNK = 1 << 20  # characters read at a time


class JsonError(ValueError):
    """JSON that cannot be parsed from here on; the message holds no text of the file."""


def records(stream: IO[str], pages_key: str | None) -> Iterator[Record | JsonError]:
    """The records of a JSON array, of API pages or of a stream of JSON objects, one at a time.

    pages_key: in a page, the key under which its records are. A line that does not parse is given as
    JsonError in its place, and the reading goes on with the next line; inside an array nothing after
    it can be trusted, so it is raised.
    """
    start = _first_character(stream)
    if start == "[":
        for item in _array_items(stream):
            yield from _unpacked(item, pages_key)
        return
    if pages_key is None:
        yield from _lines(start, stream)
        return
    first_line = start + stream.readline()
    if _is_json(first_line):  # one page or record a line
        for item in _lines("", chain([first_line], stream)):
            yield from _unpacked(item, pages_key) if isinstance(item, dict) else (item,)
        return
    try:
        page = json.loads(first_line + stream.read())
    except json.JSONDecodeError as error:
        raise JsonError(f"not valid JSON: {error.msg} in line {error.lineno}") from None
    yield from _unpacked(page, pages_key)


def at_path(record: Any, path: str) -> Any:
    """The value under a dotted path (`via.channel`, `components.0.name`); None where there is none."""
    value = record
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def exploded(record: Record, each: tuple[str, ...]) -> Iterator[Record]:
    """The elements of the lists inside a record, each with its `parent` and its `position` in the list."""
    if not each:
        yield record
        return
    elements = at_path(record, each[0])
    for position, element in enumerate(elements if isinstance(elements, list) else ()):
        if isinstance(element, dict):
            yield from exploded({**element, "parent": record, "position": position}, each[1:])


def field_names(record: Any, depth: int = 3, prefix: str = "") -> Iterator[str]:
    """The dotted names inside a record, down to a depth: what an error offers as the closest names."""
    if not isinstance(record, dict) or depth == 0:
        return
    for key, value in record.items():
        yield f"{prefix}{key}"
        yield from field_names(value, depth - 1, f"{prefix}{key}.")


def as_text(value: Any) -> str | None:
    """A JSON value as the text a CSV would hold; objects and lists stay JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def flattened_document(text: str) -> str:
    """The plain text of a document in Atlassian's document format; any other text as it is."""
    if not text.startswith("{"):
        return text
    try:
        document = json.loads(text)
    except json.JSONDecodeError:
        return text
    return "".join(_document_text(document)).strip()


_BLOCKS = {"paragraph", "heading", "codeBlock", "blockquote", "listItem", "tableRow", "hardBreak", "rule"}


def _document_text(node: Any) -> Iterator[str]:
    if not isinstance(node, dict):
        return
    attributes = node.get("attrs") or {}
    if node.get("type") == "text":
        yield str(node.get("text", ""))
    elif node.get("type") in {"mention", "emoji", "status", "inlineCard"}:
        yield str(attributes.get("text") or attributes.get("url") or "")
    for child in node.get("content") or ():
        yield from _document_text(child)
    if node.get("type") in _BLOCKS:
        yield "\n"
    elif node.get("type") == "tableCell":
        yield " "


def _first_character(stream: IO[str]) -> str:
    while character := stream.read(1):
        if not character.isspace() and character != "\ufeff":
            return character
    return ""


def _unpacked(item: Any, pages_key: str | None) -> Iterator[Record | JsonError]:
    """A page's records, or the record itself."""
    if not isinstance(item, dict):
        yield JsonError(f"expected an object, found {type(item).__name__}")
    elif pages_key is not None and isinstance(item.get(pages_key), list):
        for record in item[pages_key]:
            yield from _unpacked(record, None)
    else:
        yield item


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True


def _lines(start: str, lines: Iterable[str]) -> Iterator[Any]:
    first = start
    for line in lines:
        text, first = first + line, ""
        if not text.strip():
            continue
        try:
            item = json.loads(text)
        except json.JSONDecodeError as error:
            yield JsonError(f"not valid JSON: {error.msg} at character {error.pos + 1}")
            continue
        yield (
            item if isinstance(item, dict) else JsonError(f"expected an object, found {type(item).__name__}")
        )


def _array_items(stream: IO[str]) -> Iterator[Any]:
    """Items of an array whose `[` was read, parsed as they arrive: the array need not fit in memory."""
    decoder = json.JSONDecoder()
    buffer, position, count = "", 0, 0
    while True:
        stripped = len(buffer) - len(buffer[position:].lstrip(" \t\r\n,"))
        if buffer[stripped : stripped + 1] == "]":
            return
        try:
            item, end = decoder.raw_decode(buffer, stripped)
            complete = end < len(buffer)  # a number may go on in the next chunk
        except json.JSONDecodeError as error:
            complete, problem = False, error.msg
        else:
            problem = "the file ends inside the array"
        if complete:
            yield item
            position, count = end, count + 1
            continue
        chunk = stream.read(max(_CHUNK, len(buffer)))
        if not chunk:
            raise JsonError(f"not valid JSON after item {count}: {problem}")
        buffer, position = buffer[stripped:] + chunk, 0
