"""From JSON that anybody may have written to a definition."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from chat.http import sentences
from chat.http.bodies import check_storable
from workflows.errors import InvalidError

Kind = TypeVar("Kind", bound=BaseModel)


def read(kind: type[Kind], data: object) -> Kind:
    """`data` as a definition of that kind. Raises InvalidError that names the place of each mistake."""
    check_storable(data)
    try:
        return kind.model_validate(data)
    except ValidationError as exc:
        places = sentences.mistakes(exc.errors())
        raise InvalidError(sentences.told(places), fields=places) from exc
