"""What a provider answers is never trusted to have the right shape, nor to be text that can be kept."""

import json
from typing import Any

import pytest
from requests import Response

from outbox.channels import sms, whatsapp
from outbox.errors import Refused
from outbox.verdict import judge


def answer(body: Any, status: int = 400) -> Response:
    response = Response()
    response.status_code, response._content = status, json.dumps(body).encode()
    return response


@pytest.mark.parametrize(
    "error", ["no", ["no"], 7, None, {"code": [1]}, {"code": {"a": 1}}, {"code": "x\0"}, {}]
)
@pytest.mark.parametrize("meaning", [whatsapp._meaning, sms._meaning])
def test_an_odd_error_is_a_refusal_all_the_same(meaning: Any, error: Any) -> None:
    assert isinstance(meaning(answer({"error": error})), Refused)


def test_what_a_server_said_can_be_kept() -> None:
    assert judge(Refused("550 no\0such user \ud800")).detail == "550 nosuch user ?"
