"""Messages to bytes and back: msgpack for files and pipes."""

from __future__ import annotations

from typing import Any

from msgspec import msgpack

from homalos import model
from homalos.model.message import Message

__all__ = ["Message", "decode", "encode"]

_MESSAGES = tuple(
    kind
    for name in model.__all__
    if isinstance(kind := getattr(model, name), type) and issubclass(kind, Message)
)
_union: Any = _MESSAGES[0]
for _kind in _MESSAGES[1:]:
    _union = _union | _kind

encode = msgpack.Encoder().encode
"""Return the msgpack of a message: an array that begins with the class name."""

_decoder = msgpack.Decoder(_union)


def decode(data: bytes) -> Message:
    """Return the message that `encode` wrote.

    Raises:
        msgspec.DecodeError: The bytes are no message of this version.
    """
    message: Message = _decoder.decode(data)
    return message
